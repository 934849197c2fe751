"""Which features are worth keeping: a ranking of the encoded training matrix, and a share of it.

Random probe columns as the bar to clear: Stoppiglia, Dreyfus, Dubois and Oussar, Ranking a random feature for
variable and feature selection, JMLR 3, 2003. Here the probes are permuted copies of real columns and the
measure is the gain of boosted trees.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from automl.features.encoding import Features
from automl.features.gain import Trees, boosted_gain
from automl.features.target import Target
from automl.storage import storable

CHANCE = "no better than chance"
_FEWEST_ROWS = 5  # below, trees have nothing to split


@storable("ranking")
@dataclass(frozen=True, eq=False)
class Ranking:
    """Features by worth: `order` (n_features,) int64 are positions, best first.

    By position, `gain` (n_features,) float64 is a share of the total, `beats_probe` (n_features,) bool says which are
    better than chance, and `reasons` (n_features texts, or none) why one that is not is not worth keeping.
    """

    order: NDArray[np.int64]
    gain: NDArray[np.float64]
    beats_probe: NDArray[np.bool_]
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not np.array_equal(np.sort(self.order), np.arange(len(self.gain))):
            raise ValueError("a ranking's order must hold every position once")
        if self.beats_probe.shape != self.gain.shape or len(self.reasons) not in {0, len(self.gain)}:
            raise ValueError("a ranking says everything about every feature")


@storable("selection")
@dataclass(frozen=True, eq=False)
class Selection:
    """Positions (n_kept,) int64 of the features that are kept, ascending.

    Of all features there were: `names`, their `gain` (n_features,) float64, and why a feature was dropped, "" if not.
    """

    columns: NDArray[np.int64]
    names: tuple[str, ...] = ()
    gain: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    reasons: tuple[str, ...] = ()

    def apply(self, features: Features) -> Features:
        """Keep the selected features only."""
        return Features(
            matrix=np.take(features.matrix, self.columns, axis=1),
            names=tuple(features.names[i] for i in self.columns),
            cardinalities=features.cardinalities[self.columns],
            raw=features.raw,
        )


class Selector(ABC):
    """A way to rank features; plugins bring others by the hook `automl_selectors`.

    Stateless, like a family: one instance serves every fold, in many processes.
    """

    name: str
    """Unique, as a user would type it: lower case letters, digits and underscores."""

    @abstractmethod
    def rank(self, features: Features, target: Target, seed: int) -> Ranking:
        """Rank the features of a fold's training rows, of which there is at least one; write into no array."""


def select(ranking: Ranking, keep: float, names: tuple[str, ...] = ()) -> Selection:
    """Keep the best `keep` of all features, fewer where fewer beat the probes, and at least one."""
    worthy = ranking.order[ranking.beats_probe[ranking.order]]
    share = max(1, math.ceil(keep * len(ranking.order)))
    chosen = np.sort(worthy[:share] if len(worthy) else ranking.order[:1])
    why = list(ranking.reasons) or [CHANCE] * len(ranking.order)
    reasons = [f"beyond the best {keep:.0%}" if beats else w for beats, w in zip(ranking.beats_probe, why, strict=True)]
    for i in chosen:
        reasons[i] = ""
    return Selection(chosen, names, ranking.gain, tuple(reasons))


@dataclass(frozen=True)
class BoostingRanker(Selector):
    """Rank by the gain of a small LightGBM among probe columns, averaged over `repeats` seeds."""

    name = "gain"
    threads: int = 1
    repeats: int = 2
    most_rows: int = 20_000
    most_cells: int = 20_000_000
    rounds: int = 100

    def rank(self, features: Features, target: Target, seed: int) -> Ranking:
        """Rank the features of training rows (n_rows, n_features)."""
        n_features = len(features.names)
        gains = np.zeros(n_features)
        bar = 0.0
        if len(target.y) < _FEWEST_ROWS:
            return Ranking(np.arange(n_features), gains, np.zeros(n_features, dtype=bool))
        for repeat in range(self.repeats):
            gain = self._gain(features, target, np.random.default_rng([seed, repeat]))
            gain /= max(gain.sum(), np.finfo(np.float64).tiny)
            gains += gain[:n_features] / self.repeats
            bar += float(np.median(gain[n_features:])) / self.repeats
        return Ranking(np.argsort(-gains, kind="stable"), gains, gains > bar)

    def _gain(self, features: Features, target: Target, rng: np.random.Generator) -> NDArray[np.float64]:
        """Gain of each feature, then of each probe, (n_features + n_probes,) float64."""
        n_rows, n_features = features.matrix.shape
        n_probes = min(50, max(5, round(0.2 * n_features)))
        n_chosen = min(n_rows, self.most_rows, max(2000, self.most_cells // (n_features + n_probes)))
        rows = np.sort(rng.choice(n_rows, n_chosen, replace=False))
        copied = rng.choice(n_features, n_probes, replace=n_probes > n_features)
        matrix = np.take(features.matrix, rows, axis=0)
        probes = rng.permuted(np.take(matrix, copied, axis=1), axis=0)
        cardinalities = np.concatenate([features.cardinalities, features.cardinalities[copied]])
        part = np.concatenate([matrix, probes], axis=1)
        seed = int(rng.integers(2**31))
        return boosted_gain(part, cardinalities, target.take(rows), seed, Trees(self.rounds), self.threads)
