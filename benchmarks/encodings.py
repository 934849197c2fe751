"""What each encoding is worth: fixed models with it and without, on the same folds, whatever the clock says.

    python -m benchmarks.encodings --suite PATH/suite.json --out benchmarks/results/encodings.md

For every table, model and encoding: by how much the encoding lowers the model's cross-validated error, in percent of
the error without it (1 - AUC, log loss, RMSE), the mean over seeds and folds, beside its standard error: positive is
better. Finished cells are kept beside the output as JSON lines and not computed again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from automl.data.dataset import Dataset, Profile
from automl.data.foldcount import FoldOptions
from automl.data.prepare import DataOptions, prepare
from automl.data.read import read_table
from automl.data.split import Ties, plan_folds
from automl.errors import OptionError
from automl.features.cache import EncoderCache
from automl.features.encoding import Encoding
from automl.features.roles import restrict
from automl.metrics import Metric, default_metric
from automl.plugin import Limits, ModelFamily, Params, Part
from automl.plugin.registry import discover
from benchmarks.splits import Entry, load_suite

TABLES = (
    "titanic", "hotel_rates", "taxi_fares", "telco_churn", "ames", "lending_club", "adult", "credit_g", "attrition",
    "diamonds", "insurance",
)  # fmt: skip
N_FOLDS = 4
MOST_ROWS = 5_000

VARIANTS: dict[str, dict[str, object]] = {
    "target_means": {"target_means": True},
    "frequency": {"frequency": True},
    "entities": {"entities": True},
    "cyclic": {"dates": "cyclic"},
    "crosses": {"crosses": 5},
    "means_crosses": {"target_means": True, "crosses": 5},
    "means_frequency_entities": {"target_means": True, "frequency": True, "entities": True},
    "groups": {"groups": 6},
    "means_frequency_entities_groups": {"target_means": True, "frequency": True, "entities": True, "groups": 6},
    "arithmetic": {"arithmetic": 12},
    "bins": {"bins": 8},
    "log": {"numeric": "log"},
    "quantile": {"numeric": "quantile"},
    "both_terms": {"text_terms": "both"},
    "hash": {"hash_above": 256},
    "ordered_means": {"categorical": "ordered", "target_means": True},
    "all": {
        "target_means": True, "frequency": True, "entities": True, "crosses": 5, "groups": 6, "arithmetic": 12,
    },
    "all_kept_half": {
        "target_means": True, "frequency": True, "entities": True, "crosses": 5, "groups": 6, "arithmetic": 12,
        "keep": 0.5,
    },
}  # fmt: skip
LINEAR_ONLY = frozenset({"bins", "log", "quantile"})


@dataclass(frozen=True)
class Cell:
    """One model with one encoding on one table: its errors (n_seeds * n_folds) without and with it."""

    table: str
    model: str
    variant: str
    without: tuple[float, ...]
    errors: tuple[float, ...]

    @property
    def gain(self) -> tuple[float, float]:
        """Percent of the error that the encoding saves, and its standard error."""
        base, own = np.array(self.without), np.array(self.errors)
        saved = 100 * (base - own) / base.mean()
        return float(saved.mean()), float(saved.std(ddof=1) / np.sqrt(len(saved)))


def models() -> dict[str, tuple[str, Params]]:
    """Fixed configurations by name: a family and the parameters that differ from its default."""
    return {
        "lightgbm": ("lightgbm", {"learning_rate": 0.08, "num_leaves": 31, "min_data_in_leaf": 20}),
        "catboost": ("catboost", {"learning_rate": 0.1, "depth": 6}),
        "linear": ("linear", {}),
        "extra_trees": ("extra_trees", {}),
    }


def load_data(entry: Entry) -> Dataset:
    """Read a table of the suite whole, up to `MOST_ROWS` rows."""
    prepared = prepare(read_table(entry.path), DataOptions(target=entry.target, test_size=0.0))
    dataset = prepared.dataset
    if dataset.n_rows > MOST_ROWS:
        rows = np.sort(np.random.default_rng(0).choice(dataset.n_rows, MOST_ROWS, replace=False))
        dataset = dataset.take(rows)
    metric = default_metric(dataset.task.kind)
    return replace(dataset, task=replace(dataset.task, metric=metric.name))


def applies(variant: str, family: str, base: Encoding, dataset: Dataset) -> bool:
    """Whether a variant differs from the family's own encoding on this table."""
    names = dataset.table.names
    has = {role.value: bool(of_role) for role, of_role in names.items()}
    if variant in LINEAR_ONLY and family != "linear":
        return False
    if variant == "ordered_means" and family not in {"lightgbm", "xgboost"}:
        return False
    if variant in {"target_means", "frequency", "ordered_means"}:
        return has.get("categorical", False)
    if variant in {"crosses", "hash"}:
        return len(names) > 0 and max(dataset.table.levels, default=0) > (256 if variant == "hash" else 1)
    if variant == "groups":
        return has.get("categorical", False) and has.get("numeric", False)
    if variant == "cyclic":
        return has.get("datetime", False)
    if variant == "both_terms":
        return has.get("text", False) and base.text == "svd"
    if variant == "entities":
        return bool(dataset.table.raw)
    return True


def errors_of(
    family: ModelFamily, params: Params, encoding: Encoding, dataset: Dataset, metric: Metric, seeds: list[int]
) -> tuple[float, ...]:
    """Errors on every fold of every seed."""
    table = restrict(dataset.table, family.inputs, dataset.schema)
    dataset = replace(dataset, table=table)
    found = []
    for seed in seeds:
        plan = plan_folds(
            dataset.task, dataset.y, n_columns=1, seed=seed, ties=Ties(dataset.groups, dataset.times),
            options=FoldOptions(None, N_FOLDS),
        )  # fmt: skip
        cache = EncoderCache(seed=seed)
        for fold in plan.folds:
            encoded = cache.encode_fold(dataset, fold, encoding)
            assert encoded.score is not None
            model = family.build(params, dataset.task, seed)
            train, score = Part(encoded.train, dataset.y[fold.train]), Part(encoded.score, dataset.y[fold.score])
            model.fit(train, score, Limits())
            found.append(float(metric.error(score.y, model.predict(score.features))))
    return tuple(found)


def run(entries: list[Entry], names: list[str], variants: list[str], seeds: list[int], store: Path) -> Iterator[Cell]:
    """Compute what is not in the store yet."""
    known = _read(store)
    families = discover().families
    for entry in entries:
        dataset = load_data(entry)
        metric = default_metric(dataset.task.kind)
        profile = Profile.of(dataset)
        for name, (family_name, changes) in models().items():
            if name not in names:
                continue
            family = families[family_name]
            params = {**family.portfolio(dataset.task, profile)[0], **changes}
            base = family.encoding(params, dataset.task)
            without: tuple[float, ...] | None = None
            for variant in variants:
                encoding = replace(base, **VARIANTS[variant])  # type: ignore[arg-type]
                if encoding == base or not applies(variant, family_name, base, dataset):
                    continue
                key = (entry.name, name, variant)
                if key in known:
                    yield known[key]
                    continue
                if without is None:
                    stored = [cell.without for k, cell in known.items() if k[:2] == key[:2]]
                    without = stored[0] if stored else errors_of(family, params, base, dataset, metric, seeds)
                errors = errors_of(family, params, encoding, dataset, metric, seeds)
                cell = Cell(entry.name, name, variant, without, errors)
                known[key] = cell
                with store.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(cell.__dict__) + "\n")
                yield cell


def report(cells: list[Cell]) -> str:
    """Write the cells as Markdown, a table a model."""
    lines = ["# What each encoding is worth", "", (__doc__ or "").strip().split("\n\n")[-1], ""]
    for model in dict.fromkeys(cell.model for cell in cells):
        own = {(c.table, c.variant): c for c in cells if c.model == model}
        tables = list(dict.fromkeys(c.table for c in own.values()))
        variants = list(dict.fromkeys(v for v in VARIANTS if any(c.variant == v for c in own.values())))
        lines += [f"## {model}", "", "| table | error | " + " | ".join(variants) + " |"]
        lines.append("| --- " * (len(variants) + 2) + "|")
        for table in tables:
            first = next(c for (t, _), c in own.items() if t == table)
            row = [_shown(own.get((table, variant))) for variant in variants]
            lines.append(f"| {table} | {np.mean(first.without):.4g} | " + " | ".join(row) + " |")
        means = [[c.gain[0] for (_, v), c in own.items() if v == variant] for variant in variants]
        lines += ["| mean | | " + " | ".join(f"{np.mean(m):+.2f}" for m in means) + " |", ""]
    return "\n".join(lines)


def _shown(cell: Cell | None) -> str:
    return "" if cell is None else f"{cell.gain[0]:+.2f} ±{cell.gain[1]:.2f}"


def _read(store: Path) -> dict[tuple[str, str, str], Cell]:
    lines = store.read_text(encoding="utf-8").splitlines() if store.exists() else []
    cells = [Cell(**{k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(line).items()}) for line in lines]
    return {(cell.table, cell.model, cell.variant): cell for cell in cells}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the Markdown report; its cells lie beside it")
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    parser.add_argument("--models", nargs="*", default=["lightgbm", "catboost", "linear", "extra_trees"])
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1])
    arguments = parser.parse_args()
    entries = [entry for entry in load_suite(arguments.suite) if entry.name in arguments.tables]
    if not entries:
        raise OptionError(f"no table of the suite is called {', '.join(arguments.tables)}")
    entries.sort(key=lambda entry: arguments.tables.index(entry.name))
    cells = []
    store = arguments.out.with_suffix(".jsonl")
    for cell in run(entries, arguments.models, arguments.variants, arguments.seeds, store):
        cells.append(cell)
        print(f"{cell.table:14} {cell.model:9} {cell.variant:14} {_shown(cell)}", flush=True)
    arguments.out.write_text(report(cells), encoding="utf-8")


if __name__ == "__main__":
    main()
