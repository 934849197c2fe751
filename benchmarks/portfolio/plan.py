"""Which trials a table's configurations come down to, before any of them runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from automl.plugin import Params
from automl.version import VERSION
from benchmarks.portfolio.configurations import Configuration, key_of, on_table, written_on
from benchmarks.portfolio.records import Record
from benchmarks.portfolio.tables import Table
from benchmarks.results import machine


@dataclass(frozen=True)
class Planner:
    """Plans trials on a table; `known` are its records so far."""

    table: Table
    known: Sequence[Record] = ()

    def planned(self, wanted: Iterable[Configuration]) -> list[Record]:
        """Return an unmeasured record for each configuration, and for entries of the code that are none of them.

        Those of families that do not take part say so.
        """
        by_family: dict[str, list[Configuration]] = {}
        for one in wanted:
            by_family.setdefault(one.family, []).append(one)
        found: dict[str, Record] = {}
        for name, ones in by_family.items():
            if name in self.table.context.families:
                found |= {record.key: record for record in self._of_family(name, ones)}
            else:
                reason = self.table.declined.get(name, "it takes no part")
                found |= {one.key: replace(self._blank(one), state="declined", reason=reason) for one in ones}
        return list(found.values())

    def _of_family(self, name: str, ones: Sequence[Configuration]) -> Iterator[Record]:
        context = self.table.context
        family, task, profile = context.families[name], context.dataset.task, context.profile
        written = written_on(family, task, profile)
        laid = [(one, on_table(family, one, task, profile)) for one in ones]
        for one, params in [*self._own(laid, written), *laid]:
            fits = 1 if context.in_one_fit(name) else len(context.plan.folds)
            yield replace(
                self._blank(one),
                params=params,
                written=written.index(params) if params in written else None,
                fits=fits,
                cost=fits * float(family.cost(params, task, profile)),
                predictions=f"{self.table.folder}/{key_of(name, params)}.npz",
            )

    def _own(
        self, laid: Sequence[tuple[Configuration, Params]], written: Sequence[Params]
    ) -> Iterator[tuple[Configuration, Params]]:
        """Yield entries of the code for this very table that no configuration for any table comes down to."""
        if all(one.origin == "sample" for one, _ in laid):
            return
        name = laid[0][0].family
        known = [params for _, params in laid] + [record.params for record in self.known if record.family == name]
        for params in written:
            if params not in known:
                yield Configuration(name, params, "written"), params

    def _blank(self, one: Configuration) -> Record:
        table, context = self.table, self.table.context
        return Record(
            table=table.entry.name,
            kind=context.dataset.task.kind.value,
            metric=context.metric.name,
            seed=table.rules.seed,
            budget=table.rules.budget,
            rows=context.dataset.n_rows,
            family=one.family,
            key=one.key,
            origin=one.origin,
            config=one.params,
            state="failed",
            engine=VERSION,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=machine(),
        )
