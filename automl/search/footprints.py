"""What memory a trial will need: guessed from the encoded size at first, then learned from the family's own trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from automl.data.schema import Role
from automl.features.encoding import Encoding
from automl.plugin.family import ModelFamily
from automl.plugin.model import Param, Params
from automl.search.context import Context
from automl.search.records import TrialRecord

FLOAT = 4  # bytes of a cell in an encoded matrix
DATE_PARTS, TEXT_STATISTICS = 8, 6  # encoded columns that one date and one text make, about
COPIES = 3  # of the encoded rows that a fit holds beside the cache, until something was measured
SAFETY = 1.2  # what is learned from other configurations is a guess
OVER = 1.1  # a trial that was killed for its memory needed at least a little more than it was seen to use
NEAR = 0.05  # a distance below which configurations count as much the same


@dataclass(frozen=True)
class Need:
    """Bytes that a process will hold while it runs a trial: `likely`, and `least`, below which there is no hope."""

    likely: int
    least: int


@dataclass
class Footprints:
    """Peak memory by family and configuration.

    `base` is what an idle worker holds. Among a family's trials the growth beyond it is averaged by inverse squared
    distance of their parameters (Shepard 1968, doi 10.1145/800186.810616): rows and columns are the same for all trials
    of a run. `learns` is False where what may start must not depend on measurements.
    """

    context: Context
    base: int
    learns: bool = True
    _seen: dict[str, list[tuple[Params, float]]] = field(default_factory=dict)

    def learn(self, record: TrialRecord, over: bool) -> None:
        """Take in a trial's peak; `over` says that it was killed for it."""
        if record.memory and (over or record.state == "complete"):
            growth = max(0, record.memory - self.base) * (OVER if over else 1.0)
            self._seen.setdefault(record.family, []).append((record.params, growth))

    def need(self, family: str, params: Params) -> Need:
        """Estimate what a trial will hold."""
        encoded = self._encoded(self.context.families[family], params)
        seen = self._seen.get(family, [])
        if not seen or not self.learns:
            cached = min(self.context.cache_bytes, len(self.context.plan.folds) * encoded)
            return Need(self.base + cached + COPIES * encoded, self.base + encoded)
        scales = _scales([params, *(p for p, _ in seen)])
        weights = [1 / (_distance(params, other, scales) + NEAR) ** 2 for other, _ in seen]
        growth = sum(w * g for w, (_, g) in zip(weights, seen, strict=True)) / sum(weights)
        return Need(self.base + int(growth * SAFETY), self.base + int(max(encoded, growth / SAFETY)))

    def _encoded(self, family: ModelFamily, params: Params) -> int:
        """Bytes of all rows as this configuration wants them encoded."""
        profile, dataset = self.context.profile, self.context.dataset
        try:
            wish = family.encoding(params, dataset.task)
        except Exception:  # a plugin's encoding; the trial itself will meet the error and tell it
            wish = Encoding()
        columns = profile.count(Role.NUMERIC, Role.BOOLEAN)
        if wish.categorical == "onehot":
            columns += sum(levels if levels <= wish.onehot_max else 1 for levels in dataset.table.levels)
        elif wish.categorical != "drop":
            columns += profile.count(Role.CATEGORICAL)
        if wish.dates == "parts":
            columns += DATE_PARTS * profile.count(Role.DATETIME)
        if wish.text == "svd":
            columns += (wish.text_dims + TEXT_STATISTICS) * profile.count(Role.TEXT)
        return FLOAT * dataset.n_rows * max(1, columns)


def _scales(configurations: list[Params]) -> Mapping[str, float]:
    """Return the spread of each numeric parameter over these configurations, on the scale of `_place`."""
    names = {name for params in configurations for name in params}
    places = {name: [_place(params.get(name)) for params in configurations] for name in names}
    spreads = {}
    for name, values in places.items():
        known = [value for value in values if value is not None]
        spreads[name] = max(known) - min(known) if known else 0.0
    return spreads


def _distance(one: Params, other: Params, scales: Mapping[str, float]) -> float:
    """Return the mean distance of two configurations over their parameters, in [0, 1]."""
    if not scales:
        return 0.0
    total = 0.0
    for name, scale in scales.items():
        a, b = _place(one.get(name)), _place(other.get(name))
        if a is None or b is None:
            total += one.get(name) != other.get(name)
        elif scale > 0:
            total += abs(a - b) / scale
    return total / len(scales)


def _place(value: Param) -> float | None:
    """Place a number on a scale where equal factors are equal steps; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return math.copysign(math.log1p(abs(value)), value)
