"""Saved models, mutated: each is loaded, and asked to predict where it loads."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl.artifact import load_artifact
from automl.engine import run_fit
from automl.errors import AutoMLError
from automl.options import FitOptions
from automl.plugin import SklearnFamily
from automl.plugin.registry import Registry, discover
from benchmarks.fuzz import mutate

REFUSED, LOADED = "refused", "loaded"


class Discriminant(SklearnFamily):
    """A family that stores its models with skops, as a third party's would."""

    name = "discriminant"
    tasks = frozenset({"binary", "multiclass"})

    def portfolio(self, task: Any, profile: Any) -> list[dict[str, Any]]:
        return [{"shrinkage": 0.1}]

    def suggest(self, trial: Any, task: Any, profile: Any) -> dict[str, Any]:
        return {"shrinkage": trial.suggest_float("shrinkage", 0.0, 1.0)}

    def estimator(self, params: Any, task: Any, seed: int, threads: int) -> Any:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=params["shrinkage"])


def registry() -> Registry:
    """Return the installed families and the one above."""
    found = discover()
    return Registry(found.plugins, {**found.families, Discriminant.name: Discriminant()}, found.metrics, found.hook)


def table(n_rows: int = 90, seed: int = 0) -> pd.DataFrame:
    """Return rows with numbers, categories of few and many levels, dates and texts."""
    rng = np.random.default_rng(seed)
    number = rng.normal(size=n_rows)
    city = rng.choice(["Oslo", "Bergen", "Tromsø"], n_rows)
    words = np.array(["red", "green", "blue", "large", "small", "old", "new", "fine"])
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500, n_rows), unit="D")
    value = number + (city == "Oslo") + rng.normal(scale=0.5, size=n_rows)
    return pd.DataFrame(
        {
            "number": np.where(rng.random(n_rows) < 0.1, np.nan, number),
            "count": rng.integers(0, 40, n_rows),
            "city": city,
            "shop": [f"shop {i}" for i in rng.integers(0, 30, n_rows)],
            "since": day.strftime("%Y-%m-%d"),
            "note": [" ".join(rng.choice(words, 6)) for _ in range(n_rows)],
            "value": value,
            "label": np.digitize(value, [0.0, 1.0]).astype(str),
        }
    )


def make_bases(folder: Path, names: Collection[str] | None = None) -> list[str]:
    """Fit a tiny model of every family (or of these) at `folder`/<family>-<kind>; return their names."""
    made = []
    for name, family in registry().families.items():
        if names is not None and name not in names:
            continue
        for target, other in (("label", "value"), ("value", "label")):
            kind = "multiclass" if target == "label" else "regression"
            base = f"{name}-{kind}"
            if kind not in family.tasks:
                continue
            if not (folder / base / "manifest.json").is_file():
                run = folder / f"{base}.run"
                shutil.rmtree(run, ignore_errors=True)
                extra = (family,) if name == Discriminant.name else ()
                options = FitOptions(
                    target, output=run, trials=1, time_limit=None, families=(name,), folds=2, drop=(other,),
                    backend="inline", test_size=0.0, extra_families=extra,
                    roles={"shop": "categorical", "note": "text"},
                )  # fmt: skip
                try:
                    run_fit(table(), options)
                except AutoMLError as error:
                    print(f"no model of {base}: {error}", flush=True)
                    continue
                _prune(run / "model")
                (run / "model").rename(folder / base)
                shutil.rmtree(run)
            made.append(base)
    return made


def _prune(model: Path) -> None:
    """Leave one fold's model of each member, so that a case takes milliseconds."""
    manifest = json.loads((model / "manifest.json").read_text())
    for member in manifest["members"]:
        member["models"] = member["models"][:1]
    kept = {one[what] for member in manifest["members"] for one in member["models"] for what in ("folder", "encoder")}
    for name in list(manifest["files"]):
        if name != "output.npz" and not any(name == one or name.startswith(f"{one}/") for one in kept):
            (model / name).unlink()
            del manifest["files"][name]
    (model / "manifest.json").write_text(json.dumps(manifest))


def build(base: Path, folder: Path, sentinel: Path, seed: int) -> str:
    """Copy a model to `folder` and mutate it; return what was done."""
    rng = random.Random(seed)
    shutil.copytree(base, folder)
    names = sorted(json.loads((folder / "manifest.json").read_text())["files"])
    name = rng.choice(names)
    if name.startswith("encoders/") and rng.random() < 0.5:
        name = rng.choice(names)
    kind = rng.choices(
        ["bytes", "forged", "deep", "manifest", "manifest bytes", "files"], weights=[15, 20, 35, 15, 5, 10]
    )[0]
    if kind == "manifest":
        tree = mutate.mutated_tree(json.loads((folder / "manifest.json").read_text()), rng)
        (folder / "manifest.json").write_text(mutate.dumps(tree))
        return kind
    if kind == "manifest bytes":
        path = folder / "manifest.json"
        path.write_bytes(mutate.mutated_bytes(path.read_bytes(), rng))
        return kind
    if kind == "files":
        return f"files: {_file_system(folder, name, sentinel, rng)}"
    path = folder / name
    old = path.read_bytes()
    new = _deep(path, old, rng) if kind == "deep" else mutate.mutated_bytes(old, rng)
    path.write_bytes(new)
    if kind != "bytes":
        _forge(folder, name, old, new)
    return f"{kind}: {path.name}"


def _deep(path: Path, old: bytes, rng: random.Random) -> bytes:
    """Mutate what is inside a file's container."""
    if path.suffix == ".npz":
        return mutate.mutated_npz(old, rng) if rng.random() < 0.8 else mutate.mutated_zip(old, rng)
    if path.suffix == ".skops":
        return mutate.mutated_zip(old, rng)
    if path.suffix == ".gz":
        inner = gzip.decompress(old)
        if path.name.endswith(".txt.gz"):
            return gzip.compress(mutate.mutated_text(inner.decode(), rng).encode("utf-8", "surrogatepass"), 1)
        return gzip.compress(mutate.mutated_bytes(inner, rng), 1)
    return mutate.mutated_bytes(old, rng)


def _forge(folder: Path, name: str, old: bytes, new: bytes) -> None:
    """Put the new checksum wherever the old one stands: in the manifest, and in files that keep one themselves."""
    before, after = (hashlib.sha256(data).hexdigest() for data in (old, new))
    for path in (folder / name).parent.glob("*.npz"):
        content = path.read_bytes()
        if before.encode() in content:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {key: archive[key] for key in archive.files}
            text = arrays["structure"].tobytes().replace(before.encode(), after.encode())
            arrays["structure"] = np.frombuffer(text, dtype=np.uint8)
            np.savez(path, **arrays)
            _forge(folder, path.relative_to(folder).as_posix(), content, path.read_bytes())
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace(before, after))


FILE_SYSTEM = (
    "link", "linked folder", "extra", "fifo", "folder", "deep", "sparse", "bomb", "missing", "traversal", "empty",
)  # fmt: skip


def _file_system(folder: Path, name: str, sentinel: Path, rng: random.Random) -> str:
    path = folder / name
    manifest = json.loads((folder / "manifest.json").read_text())
    kind = rng.choice(FILE_SYSTEM)
    match kind:
        case "link":
            path.unlink()
            path.symlink_to(rng.choice([sentinel / "secret.npz", Path("/dev/zero"), path, Path("/nowhere")]))
        case "linked folder":
            target = folder / name.split("/", maxsplit=1)[0]
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink()
            target.symlink_to(sentinel)
        case "extra":
            path.with_name(rng.choice(["x.pkl", "sitecustomize.py", "é", "a\nb"])).write_bytes(b"x")
        case "fifo":
            path.unlink()
            os.mkfifo(path)
        case "folder":
            path.unlink()
            path.mkdir()
        case "deep":
            deep = folder.joinpath(*["d"] * 500)
            deep.mkdir(parents=True)
            (deep / "file").write_bytes(b"x")
        case "sparse":
            with path.open("ab") as file:
                file.truncate(2**36)
        case "bomb":
            path.write_bytes(gzip.compress(b"\0" * 200_000_000, 1))
            manifest["files"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
        case "missing":
            path.unlink()
        case "traversal":
            bad = rng.choice(
                ["../../sentinel/secret.npz", "/etc/passwd", "a/../../x", "..\\x", "x" * 5000, "a/./b", "~"]
            )
            manifest["files"][bad] = manifest["files"].pop(name)
            model = rng.choice(rng.choice(manifest["members"])["models"])
            model[rng.choice(["folder", "encoder"])] = bad
        case "empty":
            path.write_bytes(b"")
            manifest["files"][name] = hashlib.sha256(b"").hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return kind


def try_out(folder: Path, rows: pd.DataFrame, families: Registry) -> str:
    """Load a model and let it predict; `AutoMLError` is the only error that it may raise."""
    try:
        fitted = load_artifact(folder, families)
        fitted.predict_frame(rows)
    except AutoMLError:
        return REFUSED
    return LOADED
