"""The search loop: propose, start, watch, and learn from what has ended, until time or trials are used up."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import OptionError
from automl.plugin.patience import patience
from automl.search.admission import Admission
from automl.search.allowance import Allowance
from automl.search.clock import Clock
from automl.search.context import Context
from automl.search.costs import Costs
from automl.search.division import Division
from automl.search.events import Chosen
from automl.search.feedback import Feedback
from automl.search.firsthand import second_hand
from automl.search.footprints import Footprints
from automl.search.interrupt import first_interrupt
from automl.search.journal import Journal
from automl.search.observer import Observer
from automl.search.pending import Pending
from automl.search.records import Trial, TrialRecord, derived_seed
from automl.search.results import Needs, Results
from automl.search.room import Room
from automl.search.roster import Roster
from automl.search.running import Running
from automl.search.shared import SharedStudy
from automl.search.study import Asked, FamilyStudy
from automl.search.tactics import Tactics
from automl.search.turns import Turn, Turns

LAG = 4  # with a fixed number of trials, trial i is proposed once the results up to i - LAG are known


@dataclass(frozen=True)
class SearchOptions:
    """How long and how wide to search.

    `deadline` gives the end, on `time.monotonic()`'s clock and None for none, by what is to come after the search: None
    before there is a model, better known with every trial. With `trials` the order of everything is fixed by the seed,
    whatever the machine's speed. `memory` is what the whole run may hold, in bytes; None for no limit.
    """

    deadline: Callable[[Needs | None], float | None]
    trials: int | None
    workers: int
    sampler: str = "tpe"
    seed: int = 0
    memory: int | None = None
    tactics: Tactics = field(default_factory=Tactics)


class Search:
    """One search over the families of a context; `run` returns when time or trials are used up."""

    def __init__(
        self,
        context: Context,
        context_path: Path,
        options: SearchOptions,
        *,
        executor: Executor,
        storage: Any,
        journal: Journal,
        observer: Observer,
        finished_hook: Callable[[TrialRecord], None],
    ) -> None:
        self._context, self._options = context, options
        self._observer, self._hook = observer, finished_hook
        self._clock = Clock(options.deadline(None), counted=options.trials is not None)
        self._roster = Roster(observer)
        shared = _shared_study(context, options, storage)
        self._open_studies(storage, shared)
        room = Room(options.memory, executor)
        # What may start must not depend on measurements where a seed is to fix everything.
        self._footprints = Footprints(context, room.base(), learns=options.trials is None)
        self._costs = Costs(context, self._clock, observer)
        allowance = Allowance(self._clock, self._roster)
        division = Division(context, options.workers, allowance)
        second = functools.partial(second_hand, context)
        self._turns = Turns(self._roster, self._costs, division, options.tactics, shared, second, options.seed)
        self._admission = Admission(self._costs, division, self._footprints, room)
        self._running = Running(context_path, executor, room, allowance, observer, self._bar)
        self._results = Results(journal, observer, context.refitted)
        self._feedback = Feedback(self._roster.studies)
        self._asked = 0
        self._elapsed = 0.0  # of earlier processes
        self.interrupted = False

    @property
    def closed(self) -> Mapping[str, str]:
        """Families that are not tried any more, and why."""
        return self._roster.closed

    def restore(self, records: list[TrialRecord]) -> None:
        """Take over the finished trials of an earlier process, in their order, before `run`."""
        for record in records:
            if record.family not in self._roster.studies:
                continue
            self._learn(record, self._costs.units(record.family, record.params))
            self._footprints.learn(record, over=record.out_of_memory)
            self._results.restore(record)
        for name, study in self._roster.studies.items():
            study.restore(record for record in records if record.family == name)
        self._asked = max((record.number for record in records), default=-1) + 1
        self._elapsed = max((record.elapsed for record in records), default=0.0)
        self._turns.resume(self._asked)

    def run(self) -> list[tuple[TrialRecord, NDArray[np.float32]]]:
        """Search; return the complete trials with their out-of-fold predictions (n_rows, n_outputs) float32.

        An interrupt (Ctrl-C) ends the search early and keeps what there is.
        """
        try:
            with first_interrupt() as wished:
                self._loop(wished)
        except OSError as error:  # the disk is full, say: what is on it and in memory still makes a model
            self._observer.note(f"the search ends here, because the run folder cannot be written: {error}")
        finally:
            self._running.end("the search ended")
        return self._results.finished

    def _open_studies(self, storage: Any, shared: SharedStudy | None) -> None:
        """Let every family join whose portfolio and space can be had; raise `OptionError` for an unfit sampler."""
        options, task, profile = self._options, self._context.dataset.task, self._context.profile
        for name, family in sorted(self._context.families.items()):
            seed = derived_seed(options.seed, name)
            try:
                with patience(self._clock.for_answer):
                    study = FamilyStudy(
                        family,
                        task,
                        profile,
                        storage=storage,
                        sampler=options.sampler,
                        seed=seed,
                        entries=options.tactics.entries,
                        shared=shared,
                    )
            except OptionError:
                raise
            except Exception as error:  # a plugin's portfolio or space; the others go on
                self._roster.leave_out(name, "its portfolio or search space", error)
            else:
                self._roster.join(name, study)

    def _loop(self, wished: threading.Event) -> None:
        while not wished.is_set():
            self._propose()
            self._running.start()
            if not self._running.pending:
                return
            self._running.wait()
            self._running.enforce()
            for pending in self._running.take_done():
                self._finish(pending)
        self.interrupted = True
        self._observer.note("interrupted: the search ends here; interrupt again to stop without a model")

    def _propose(self) -> None:
        pending = self._running.pending
        while self._may_ask(pending):
            families = {other.trial.family for other in pending}
            turn = self._turns.next(families, gamble=not self._results.finished and not pending)
            if turn is None:
                return
            try:
                with patience(self._clock.for_answer):
                    asked = self._roster.studies[turn.family].ask()
                    if asked is None:
                        self._roster.close(turn.family, "every configuration of its space was tried")
                    else:
                        pending.append(self._admit(turn, asked))
            except Exception as error:  # a plugin's space; the others go on
                self._roster.leave_out(turn.family, "its search space", error)

    def _may_ask(self, pending: list[Pending]) -> bool:
        if self._options.trials is not None:
            return self._asked < self._options.trials and len(pending) < LAG and not self._clock.over
        if any(trial.done for trial in pending):
            return False  # what is known comes before what to try next
        jobs = sum(trial.jobs_left for trial in pending)
        return jobs < self._options.workers + self._running.ahead and not self._clock.over

    def _admit(self, turn: Turn, asked: Asked) -> Pending:
        """Number a proposal and let it wait."""
        number, name = self._asked, turn.family
        self._asked += 1
        origin = "portfolio" if self._roster.studies[name].is_entry(asked.params) else "search"
        trial = Trial(number, name, asked.params, derived_seed(self._options.seed, number), origin)
        pending = self._admission.admit(trial, asked)
        self._observer.event(
            Chosen(number, name, asked.params, origin, turn.why, turn.odds, turn.cost, pending.need.likely)
        )
        return pending

    def _bar(self, family: str) -> float | None:
        """Return the error of the best trial's worst fold, at which a family's trials stop early.

        A family's first trial is its voice in the ensemble: nothing stops it, if the family sees all there is to see.
        """
        best, tactics = self._results.best, self._options.tactics
        stops = tactics.stop_early and (self._roster.progress[family].finished or self._turns.second_hand(family))
        return max(best.fold_errors) if best is not None and stops else None

    def _finish(self, pending: Pending) -> None:
        record, predictions = pending.collect(self._context)
        record = replace(record, elapsed=self._elapsed + self._clock.elapsed)
        if pending.raised is not None:
            self._observer.raised(f"{record.family}: trial {record.number}", pending.raised)
        self._results.add(record, predictions)
        self._move_deadline()
        self._learn(record, pending.units, killed=bool(pending.reason and pending.futures))
        self._footprints.learn(record, pending.out_of_memory)
        self._roster.count_failures(record)
        self._feedback.tell(pending.asked, record, over=self._clock.over)
        self._hook(record)
        self._observer.trial(record, self._results.best_error)

    def _move_deadline(self) -> None:
        if not self._clock.counted:
            self._clock.deadline = self._options.deadline(self._results.needs(self._options.workers))

    def _learn(self, record: TrialRecord, units: float, killed: bool = False) -> None:
        """Account for a trial's cost and error."""
        cost = record.seconds if self._options.trials is None else units
        self._roster.progress[record.family].add(cost, record.error)
        if record.state == "complete" or killed:  # a killed trial costs at least what it took
            self._costs.learn(record.family, record.seconds, units)
        self._feedback.see(record)


def _shared_study(context: Context, options: SearchOptions, storage: Any) -> SharedStudy | None:
    """Make the study that proposes for all families, where the tactics ask for one."""
    if not options.tactics.shared:
        return None
    return SharedStudy(sorted(context.families), storage=storage, sampler=options.sampler, seed=options.seed)
