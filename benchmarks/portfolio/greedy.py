"""Choosing a portfolio: one configuration after the other, each time the one that lowers regret most for its seconds.

After Xu, Hoos, Leyton-Brown 2010 (Hydra, AAAI) and Feurer et al. 2022 (Auto-Sklearn 2, arXiv 2007.04074), who build
portfolios greedily, and Salinas and Erickson 2024 (TabRepo, arXiv 2311.02971), who learn them from stored predictions.
Gain by cost is the greedy rule for budgets (Khuller, Moss, Naor 1999, doi 10.1016/S0020-0190(99)00031-9), and gains are
taken to fall as the portfolio grows, so that few need be computed again (Minoux 1978, doi 10.1007/BFb0006528).
Deviations: the regret is that of an ensemble, at several time limits at once; each family's default is there from the
start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.portfolio.evidence import Part, TableEvidence
from benchmarks.portfolio.judge import Array
from benchmarks.portfolio.simulate import WORKERS, Budget, Portfolio, Scale, search, weights

MOST = 5  # entries of a family, the rest of what is written not counted
LEAST_GAIN = 2e-4  # of the mean regret; less is noise
LEAST_COST = 2e-3  # share of the search; below it, cheap configurations are as good as free
AT_ONCE = 16  # configurations asked for their gain together
SHARES = (0.1, 0.25, 0.5, 1.0)  # of the blend, that one more member may take
SEEN = 0.6  # of the tables (by weight), on which a configuration must have been measured
BETTER, WINS, FEWEST = 0.01, 0.75, 3  # mean relative gain, share of tables and number of tables that unseat a default


@dataclass(frozen=True)
class Weighted:
    """A table, and how much it counts."""

    table: TableEvidence
    weight: float


@dataclass(frozen=True)
class Options:
    """`limits` are the time limits in seconds at which regret counts; a family has at most `most` entries
    before the rest of what is written."""

    limits: Sequence[float]
    most: int = MOST


@dataclass
class _Case:
    """A table at a time limit: core seconds used, the blend so far, and its regret.

    `members` tell how the blend came to be: the defaults, then one by one what it took in.
    """

    part: Part
    budget: Budget
    scale: Scale
    weight: float
    members: tuple[tuple[str, ...], ...]
    facts: Array | None
    test_facts: Array | None
    used: float
    regret: float

    def fits(self, key: str) -> bool:
        """Whether a configuration was measured here and can end in time."""
        one = self.part.measurements.get(key)
        if one is None:
            return False
        left = self.budget.search - self.used / WORKERS
        return one.seconds <= left * WORKERS and self.budget.wall(one, left) <= min(self.budget.trial, left)


@dataclass
class Learner:
    """Learns portfolios; what it finds out about blends serves all that it learns."""

    options: Options
    _scales: dict[Part, Scale] = field(default_factory=dict)
    _blends: dict[tuple[Part, tuple[tuple[str, ...], ...]], dict[str, tuple[float, float]]] = field(
        default_factory=dict
    )

    def learn(self, tables: Sequence[Weighted]) -> dict[str, list[str]]:
        """Return keys by family: the default, unless the evidence against it is clear, what lowers regret, and then
        the rest of what is written, which a search comes to where it has the time."""
        portfolio = {family: [key] for family, key in defaults(tables, self.options.limits).items()}
        cases = [self._case(one, limit, portfolio) for one in tables for limit in self.options.limits]
        total = sum(case.weight for case in cases)
        pool = _pool(tables, self.options.limits)
        hopes = dict.fromkeys(pool, np.inf)
        while (best := self._best(_open(pool, portfolio, self.options.most), hopes, cases, total)) is not None:
            portfolio[pool[best]].append(best)
            for case in cases:
                self._add(case, best)
        for family, keys in written(tables, self.options.limits).items():
            portfolio[family] += [key for key in keys if key not in portfolio[family]]
        return portfolio

    def scale(self, part: Part) -> Scale:
        """Return the scale of regrets on a part."""
        if part not in self._scales:
            self._scales[part] = Scale.of(part)
        return self._scales[part]

    def _case(self, one: Weighted, limit: float, portfolio: Portfolio) -> _Case:
        part, budget = one.table.at(limit), Budget(limit)
        keys = search(part, portfolio, budget)
        scale = self.scale(part)
        case = _Case(part, budget, scale, one.weight, (tuple(keys),), None, None, 0.0, 1.0)
        if keys:
            share = weights(part, keys)
            case.facts = np.tensordot(share, part.facts(keys), axes=1)
            case.test_facts = np.tensordot(share, part.test_facts(keys), axes=1)
            case.used = sum(part.measurements[key].seconds for key in keys)
            case.regret = float(scale.regret(part.test_judge.errors(case.test_facts[None])[0]))
        return case

    def _best(self, keys: Sequence[str], hopes: dict[str, float], cases: Sequence[_Case], total: float) -> str | None:
        """Return the key of the most gain for its cost, None where no gain is worth it.

        `hopes` are gains for cost as of earlier steps: who hoped for less than the best one has is not asked again.
        """
        asked: dict[str, float] = {}
        while True:
            best = max(asked, key=lambda key: (asked[key], key), default=None)
            bar = 0.0 if best is None else max(0.0, asked[best])
            rest = sorted((key for key in keys if key not in asked and hopes[key] > bar), key=lambda key: -hopes[key])
            if not rest:
                return best if bar > 0 else None
            some = [key for key in rest if hopes[key] == np.inf] or rest[:AT_ONCE]
            asked.update(zip(some, self._worth(some, cases, total).tolist(), strict=True))
            hopes.update(asked)

    def _worth(self, keys: Sequence[str], cases: Sequence[_Case], total: float) -> Array:
        """Return the gain (n_keys,) of each for its cost, 0 where it is too little to be more than noise."""
        gain, cost = np.zeros(len(keys)), np.zeros(len(keys))
        for case in cases:
            able = [i for i, key in enumerate(keys) if case.fits(key)]
            complete = [i for i in able if case.part.measurements[keys[i]].complete]
            errors = self._errors(case, [keys[i] for i in complete])
            gain[complete] += case.weight / total * (case.regret - case.scale.regret(errors))
            seconds = np.array([case.part.measurements[keys[i]].seconds for i in able])
            cost[able] += case.weight / total * seconds / (WORKERS * case.budget.search)
        return np.where(gain >= LEAST_GAIN, gain / np.maximum(cost, LEAST_COST), 0.0)

    def _errors(self, case: _Case, keys: Sequence[str]) -> Array:
        """Return the test error (n_keys,) of the blend with each of these."""
        found = self._blended(case, keys)
        return np.array([found[key][0] for key in keys])

    def _blended(self, case: _Case, keys: Sequence[str]) -> Mapping[str, tuple[float, float]]:
        """Return test errors with each of these keys, and the shares of the blend that out-of-fold rows like best."""
        known = self._blends.setdefault((case.part, case.members), {})
        missing = [key for key in keys if key not in known]
        if not missing:
            return known
        judge, test_judge = case.part.judge, case.part.test_judge
        facts, test_facts = case.part.facts(missing), case.part.test_facts(missing)
        if case.facts is None or case.test_facts is None:
            best = np.ones(len(missing))
            blends = test_facts
        else:
            errors = [np.full(len(missing), judge.errors(case.facts[None])[0])]
            errors += [judge.errors((1 - share) * case.facts + share * facts) for share in SHARES]
            best = np.array([0.0, *SHARES])[np.argmin(errors, axis=0)]
            wide = best.reshape(-1, *[1] * (test_facts.ndim - 1))
            blends = (1 - wide) * case.test_facts + wide * test_facts
        found = test_judge.errors(blends)
        known.update({key: (float(e), float(b)) for key, e, b in zip(missing, found, best, strict=True)})
        return known

    def _add(self, case: _Case, key: str) -> None:
        """Let a case try a configuration, as far as it has the time."""
        if not case.fits(key):
            return
        one = case.part.measurements[key]
        case.used += one.seconds
        if not one.complete:
            return
        error, share = self._blended(case, [key])[key]
        if not share:
            return
        facts, test_facts = case.part.facts([key])[0], case.part.test_facts([key])[0]
        case.facts = facts if case.facts is None else (1 - share) * case.facts + share * facts
        case.test_facts = test_facts if case.test_facts is None else (1 - share) * case.test_facts + share * test_facts
        case.members = (*case.members, (key,))
        case.regret = float(case.scale.regret(error))


def _open(pool: Mapping[str, str], portfolio: Portfolio, most: int) -> list[str]:
    """Return the keys that may still join."""
    return [key for key, family in pool.items() if key not in portfolio[family] and len(portfolio[family]) < most]


def defaults(tables: Sequence[Weighted], limits: Sequence[float]) -> dict[str, str]:
    """Return each family's first entry: what its code says on most tables, unless another is clearly better.

    Clearly: by a mean of at least `BETTER` of the test error, on at least `WINS` of the tables and `FEWEST` of them,
    for no more seconds.
    """
    return {family: _unseated(family, keys[0], tables, limits) for family, keys in written(tables, limits).items()}


def written(tables: Sequence[Weighted], limits: Sequence[float]) -> dict[str, tuple[str, ...]]:
    """Return what each family's code brings for most tables, by their weights."""
    votes: dict[str, dict[tuple[str, ...], float]] = {}
    for one in tables:
        for family, keys in one.table.at(limits[0]).written.items():
            counted = votes.setdefault(family, {})
            counted[tuple(keys)] = counted.get(tuple(keys), 0.0) + one.weight
    return {family: max(counted, key=counted.__getitem__) for family, counted in votes.items()}


def _unseated(family: str, default: str, tables: Sequence[Weighted], limits: Sequence[float]) -> str:
    """Return the configuration that unseats a default, or the default."""
    best, most = default, BETTER
    parts = [one.table.at(limits[0]) for one in tables]
    parts = [part for part in parts if default in part.test_errors]
    for rival in dict.fromkeys(key for part in parts for key in part.families.get(family, ())):
        both = [part for part in parts if rival in part.test_errors]
        if len(both) < max(FEWEST, SEEN * len(parts)) or rival == default:
            continue
        gains = np.array([_gain(part.test_errors[default], part.test_errors[rival]) for part in both])
        seconds = [part.measurements[rival].seconds / max(part.measurements[default].seconds, 1e-3) for part in both]
        if (gains > 0).mean() >= WINS and gains.mean() >= most and np.median(seconds) <= 1:
            best, most = rival, float(gains.mean())
    return best


def _gain(error: float, other: float) -> float:
    """Return the share of the larger of two errors that the other one saves."""
    largest = max(abs(error), abs(other))
    return (error - other) / largest if largest > 0 else 0.0


def _pool(tables: Sequence[Weighted], limits: Sequence[float]) -> dict[str, str]:
    """Return the families of the keys that were measured on most tables of families with a default."""
    seen: dict[str, float] = {}
    families: dict[str, str] = {}
    known = {family for one in tables for family in one.table.at(limits[0]).written}
    taking: dict[str, float] = {}
    for one in tables:
        part = one.table.at(limits[0])
        for family, keys in part.families.items():
            taking[family] = taking.get(family, 0.0) + one.weight
            for key in keys:
                seen[key] = seen.get(key, 0.0) + one.weight
                families[key] = family
    return {k: f for k, f in sorted(families.items()) if f in known and seen[k] >= SEEN * taking[f]}
