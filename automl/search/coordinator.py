"""The search loop: who is next, what may still start, what must stop, and what was learned."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import OptionError
from automl.memory import as_size
from automl.plugin.patience import patience
from automl.search.allocator import Progress, turn_probabilities
from automl.search.crossfit import Context, Job, run_job
from automl.search.events import Chosen, Closed, Killed, Started, Waiting
from automl.search.footprints import Footprints
from automl.search.interrupt import first_interrupt
from automl.search.journal import Journal
from automl.search.observer import Observer
from automl.search.pending import Pending
from automl.search.records import Trial, TrialRecord, derived_seed
from automl.search.room import Killable, Room
from automl.search.shortlist import shortlist
from automl.search.study import Asked, FamilyStudy

LAG = 4  # with a fixed number of trials, trial i is proposed once the results up to i - LAG are known
SPLIT_SHARE = 0.1  # a trial that would take a worker more than this share of the time left is split over workers
TRIAL_SHARE = 0.3  # no trial may take more than this share of the search's time
TRIAL_LEAST = 2.0  # seconds, where that share is less
FIT_MARGIN = 0.92  # part of a trial's time that its fits may plan with; the rest saves and checks
GRACE = 1.0  # seconds a job may run over its time before it is killed
WATCH_EVERY = 0.1  # seconds between looks at clocks and memory
OVERRAN = "overran its time"
OUT_OF_MEMORY = "killed for its memory"
PATIENCE_SHARE, PATIENCE_LEAST, PATIENCE_MOST = 0.1, 5.0, 60.0  # of the time left, and seconds, for a plugin's answer
FAILURES = 3  # a family that has only failed, this many times, is not tried again
FAILURES_IN_A_ROW = 10  # nor is one that has succeeded, after so many


@dataclass(frozen=True)
class SearchOptions:
    """How long and how wide to search.

    `deadline` is on `time.monotonic()`'s clock. With `trials` the order of everything is fixed by the seed, whatever
    the machine's speed. `memory` is what the whole run may hold, in bytes; None for no limit.
    """

    deadline: float | None
    trials: int | None
    workers: int
    sampler: str = "tpe"
    seed: int = 0
    memory: int | None = None


@dataclass(frozen=True)
class _Choice:
    """Whose turn it is: the fields are those of `events.Chosen`."""

    family: str
    why: str
    cost: float
    odds: Mapping[str, float] = field(default_factory=dict)


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
        self._context, self._context_path = context, context_path
        self._options, self._executor = options, executor
        self._journal, self._observer, self._hook = journal, observer, finished_hook
        task, profile = context.dataset.task, context.profile
        self._closed: dict[str, str] = {}
        self._studies: dict[str, FamilyStudy] = {}
        for name, family in sorted(context.families.items()):
            seed = derived_seed(options.seed, name)
            try:
                with patience(self._patience()):
                    self._studies[name] = FamilyStudy(
                        family, task, profile, storage=storage, sampler=options.sampler, seed=seed
                    )
            except OptionError:
                raise
            except Exception as error:  # a plugin's portfolio or space; the others go on
                self._leave_out(name, "its portfolio or search space", error)
        self._progress = {name: Progress() for name in self._studies}
        self._random = np.random.default_rng(options.seed)
        self._pending: list[Pending] = []
        self._asked = 0
        self._best: TrialRecord | None = None
        self._worst = -np.inf
        self._no_cost: set[str] = set()
        self._started = time.monotonic()
        self._elapsed = 0.0
        self._dropped: set[int] = set()
        self._told_to_wait = -1
        self._unpunished: list[tuple[Pending, TrialRecord]] = []
        self._room = Room(options.memory, executor)
        self._base = self._room.base()
        # What may start must not depend on measurements where a seed is to fix everything.
        self._footprints = Footprints(context, self._base, learns=options.trials is None)
        self.interrupted = False
        self.finished: list[tuple[TrialRecord, NDArray[np.float32]]] = []

    @property
    def closed(self) -> Mapping[str, str]:
        """Families that are not tried any more, and why."""
        return self._closed

    def restore(self, records: list[TrialRecord]) -> None:
        """Take over the finished trials of an earlier process, in their order, before `run`."""
        for record in records:
            if record.family not in self._studies:
                continue
            self._learn(record, self._units(record.family, record.params))
            self._footprints.learn(record, over=OUT_OF_MEMORY in record.reason)
            if record.state == "complete" and self._journal.has_models(record):
                self._restore_predictions(record)
        for name, study in self._studies.items():
            study.restore(record for record in records if record.family == name)
        self._asked = max((record.number for record in records), default=-1) + 1
        self._elapsed = max((record.elapsed for record in records), default=0.0)
        self._random = np.random.default_rng([self._options.seed, self._asked])

    def _restore_predictions(self, record: TrialRecord) -> None:
        try:
            self.finished.append((record, self._journal.predictions(record)))
        except (OSError, ValueError, EOFError) as error:  # the machine lost power before they reached the disk
            self._observer.note(f"trial {record.number} takes no part: its predictions cannot be read ({error})")

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
            for pending in self._pending:
                self._kill(pending, "the search ended")
        return self.finished

    def _loop(self, wished: threading.Event) -> None:
        while not wished.is_set():
            self._fill()
            if not self._pending:
                return
            running = [f for pending in self._pending for f in pending.futures if not f.done()]
            if running:
                wait(running, timeout=WATCH_EVERY, return_when=FIRST_COMPLETED)
            self._enforce()
            self._collect()
        self.interrupted = True
        self._observer.note("interrupted: the search ends here; interrupt again to stop without a model")

    # What may start

    def _fill(self) -> None:
        self._propose()
        for pending in self._pending:
            if pending.waits and not self._launch(pending):
                return  # whoever came first is first served, or what needs much would wait for ever

    def _propose(self) -> None:
        while self._may_ask():
            choice = self._choose()
            if choice is None:
                return
            name = choice.family
            try:
                with patience(self._patience()):
                    asked = self._studies[name].ask()
                    if asked is None:
                        self._close(name, "every configuration of its space was tried")
                        continue
                    self._admit(choice, asked)
            except Exception as error:  # a plugin's space; the others go on
                self._leave_out(name, "its search space", error)

    def _leave_out(self, name: str, what: str, error: Exception) -> None:
        """Try a family no more because something of it raised."""
        self._close(name, f"{what} raised {type(error).__name__}: {error}")
        self._observer.note(f"{name} is left out: {self._closed[name]}")
        self._observer.raised(f"{name}: {what}", error)

    def _close(self, name: str, why: str) -> None:
        self._closed[name] = why
        self._observer.event(Closed(name, why))

    def _may_ask(self) -> bool:
        if self._options.trials is not None:
            return self._asked < self._options.trials and len(self._pending) < LAG and self._time_left() > 0
        if any(pending.done for pending in self._pending):
            return False  # what is known comes before what to try next
        jobs = sum(pending.jobs_left for pending in self._pending)
        return jobs < self._options.workers and self._time_left() > 0

    def _choose(self) -> _Choice | None:
        """Pick a family: each one's default first, cheapest first, then by estimated cost for improvement."""
        open_families = [name for name in self._studies if name not in self._closed]
        if not open_families:
            return None
        costs = {name: self._estimate(name, self._studies[name].next_entry) for name in open_families}
        affordable = [name for name in open_families if self._fits(name, costs[name])]
        if not affordable:
            # Estimates are guesses until something was measured; a model at all is worth the risk.
            if self.finished or self._pending:
                return None
            name = min(open_families, key=lambda name: (costs[name], name))
            return _Choice(name, "gamble", costs[name])
        running = {pending.trial.family for pending in self._pending}
        fresh = [n for n in affordable if self._progress[n].finished == 0 and n not in running]
        if fresh:
            name = min(fresh, key=lambda name: (costs[name], name))
            return _Choice(name, "first", costs[name])
        chances = turn_probabilities({name: self._progress[name] for name in affordable})
        names = sorted(chances)
        name = str(self._random.choice(names, p=[chances[name] for name in names]))
        return _Choice(name, "odds", costs[name], chances)

    def _fits(self, name: str, cost: float) -> bool:
        """Whether a trial of this cost can end in the time that it would be given."""
        seconds = self._seconds_for_trial()
        if seconds is None:
            return True
        parts = self._split(name, cost)
        largest = max(len(part) for part in parts) / sum(len(part) for part in parts)
        return cost * largest <= seconds

    def _estimate(self, name: str, params: Mapping[str, Any] | None) -> float:
        """Estimate what a trial costs in one worker: seconds, or fixed units where only trials count."""
        portfolio = self._studies[name].portfolio
        units = self._units(name, params or (portfolio[0] if portfolio else {}))
        if self._options.trials is not None:
            return units
        ratios = self._progress[name].ratios or [r for p in self._progress.values() for r in p.ratios]
        return units * float(np.median(ratios)) if ratios else units

    def _units(self, name: str, params: Mapping[str, Any]) -> float:
        """Ask the family what its fits cost, in seconds of a machine that it imagines."""
        family, context = self._context.families[name], self._context
        fits = 1 if family.out_of_bag and context.plan.out_of_bag else len(context.plan.folds)
        if name in self._no_cost:
            return float(fits)
        try:
            with patience(self._patience()):
                return fits * float(family.cost(params, context.dataset.task, context.profile))
        except Exception as error:  # a plugin's estimate; one second is as good as any other guess
            self._no_cost.add(name)
            self._observer.raised(f"{name}: its cost estimate, taken for a second a fit", error)
            return float(fits)

    def _admit(self, choice: _Choice, asked: Asked) -> None:
        """Number a proposal and let it wait for its turn, or decline it where it could not run even alone."""
        number, name = self._asked, choice.family
        self._asked += 1
        is_entry = any(dict(entry) == dict(asked.params) for entry in self._studies[name].portfolio)
        seed = derived_seed(self._options.seed, number)
        trial = Trial(number, name, asked.params, seed, "portfolio" if is_entry else "search")
        parts = self._split(name, self._estimate(name, asked.params))
        need = self._footprints.need(name, asked.params)
        pending = Pending(trial, asked, parts, self._units(name, asked.params), need)
        if self._room.lacks(need, self._base):
            limit = as_size(self._room.limit or 0)
            pending.reason = f"not started: it would hold {as_size(need.least)}, more than the {limit} of the run allow"
        self._pending.append(pending)
        self._observer.event(
            Chosen(number, name, asked.params, trial.origin, choice.why, choice.odds, choice.cost, need.likely)
        )

    def _launch(self, pending: Pending) -> bool:
        """Start a trial that waits; False where it does not fit beside those that run."""
        needs = {f: other.need for other in self._pending for f in other.futures if not f.done()}
        number, family = pending.trial.number, pending.trial.family
        if not self._room.admits(pending.need, len(pending.parts), needs):
            if number != self._told_to_wait:
                self._told_to_wait = number
                self._observer.event(Waiting(number, family, pending.need.likely))
            return False
        seconds = self._seconds_for_trial()
        # A family's first trial is its voice in the ensemble: it is never stopped early.
        voiced = self._progress[family].finished
        bar = None if self._best is None or not voiced else max(self._best.fold_errors)
        pending.started = time.monotonic()
        deadline = None if seconds is None else pending.started + seconds * FIT_MARGIN
        pending.kill_at = None if seconds is None else pending.started + seconds + GRACE
        jobs = [Job(pending.trial, folds, deadline, bar) for folds in pending.parts]
        self._observer.event(Started(number, family, len(jobs), seconds, bar))
        pending.futures = [self._executor.submit(run_job, self._context_path, job) for job in jobs]
        return True

    def _seconds_for_trial(self) -> float | None:
        """Seconds that a trial which starts now may take; None where only the end of the run limits it."""
        if self._options.trials is not None or self._options.deadline is None:
            return None
        total = self._options.deadline - self._started
        return min(self._time_left(), max(total * TRIAL_SHARE, TRIAL_LEAST))

    def _split(self, name: str, cost: float) -> list[tuple[int, ...]]:
        """Divide the folds among the workers where one worker alone would hold them too long."""
        folds = tuple(range(len(self._context.plan.folds)))
        workers, deadline = self._options.workers, self._options.deadline
        whole = self._context.families[name].out_of_bag and self._context.plan.out_of_bag
        if self._options.trials is not None or deadline is None or workers == 1 or whole:
            return [folds]
        if cost < SPLIT_SHARE * self._time_left():
            return [folds]
        return [folds[start::workers] for start in range(min(workers, len(folds)))]

    # What must stop

    def _time_left(self) -> float:
        return float("inf") if self._options.deadline is None else self._options.deadline - time.monotonic()

    def _patience(self) -> float:
        """Seconds that a call of a plugin's may take in this process."""
        return min(PATIENCE_MOST, max(PATIENCE_LEAST, PATIENCE_SHARE * self._time_left()))

    def _enforce(self) -> None:
        now = time.monotonic()
        over = self._time_left() <= 0
        for pending in self._pending:
            if pending.waits and over:
                pending.reason = "the time limit of the run was reached before it could start"
            elif over:
                self._kill(pending, "the time limit of the run was reached")
            elif pending.kill_at is not None and now > pending.kill_at:
                self._kill(pending, f"{OVERRAN} of {pending.kill_at - GRACE - pending.started:.1f} s")
        self._enforce_memory()

    def _enforce_memory(self) -> None:
        """Where the run holds more than it may, end the process that holds the most."""
        calls = {future: pending for pending in self._pending for future in pending.futures if not future.done()}
        worst = self._room.overflow(calls)
        if worst is None or self._room.limit is None:
            return
        pending, held = calls[worst[0]], worst[1]
        pending.peak, pending.out_of_memory = held, True
        self._kill(pending, f"{OUT_OF_MEMORY}: it held {as_size(held)} of the {as_size(self._room.limit)} of the run")

    def _kill(self, pending: Pending, reason: str) -> None:
        if pending.done:
            return
        pending.reason = reason
        seconds = time.monotonic() - pending.started
        self._observer.event(Killed(pending.trial.number, pending.trial.family, reason, seconds))
        for future in pending.futures:
            if future.done():
                continue
            if isinstance(self._executor, Killable):
                self._executor.kill(future, reason)
            else:
                future.cancel()

    # What was learned

    def _collect(self) -> None:
        """Take in finished trials as they come; where the order must be fixed, only the oldest one."""
        if self._options.trials is not None:
            ready = [pending for pending in self._pending[:1] if pending.done]
        else:
            ready = [pending for pending in self._pending if pending.done]
        for pending in ready:
            self._pending.remove(pending)
            self._finish(pending)

    def _finish(self, pending: Pending) -> None:
        record, predictions = pending.collect(self._context)
        record = replace(record, elapsed=self._elapsed + time.monotonic() - self._started)
        if pending.raised is not None:
            self._observer.raised(f"{record.family}: trial {record.number}", pending.raised)
        if predictions is None:
            self._journal.drop_models(record.number)
        # On disk first: what is in the journal is never lost and never run again.
        self._journal.append(record, predictions)
        self._learn(record, pending.units, killed=bool(pending.reason and pending.futures))
        self._footprints.learn(record, pending.out_of_memory)
        if predictions is not None:
            self.finished.append((record, predictions))
            self._drop_hopeless()
        self._note_failures(record, self._progress[record.family], OVERRAN in record.reason)
        self._tell(pending, record)
        self._hook(record)
        self._observer.trial(record, None if self._best is None else self._best.error)

    def _tell(self, pending: Pending, record: TrialRecord) -> None:
        """Report to the study. What fails counts as the worst error that any trial has shown.

        As long as none has, failures wait for their penalty; Optuna's sampler takes a running trial for a bad one.
        """
        if np.isfinite(self._worst):
            for earlier, failure in self._unpunished:
                self._studies[failure.family].tell(earlier.asked, failure, self._worst)
            self._unpunished.clear()
        over = self._time_left() <= 0
        if record.state == "failed" and not np.isfinite(self._worst) and not over:
            self._unpunished.append((pending, record))
        else:
            self._studies[record.family].tell(pending.asked, record, None if over else self._worst)

    def _learn(self, record: TrialRecord, units: float, killed: bool = False) -> None:
        """Account for a trial's cost and error."""
        progress = self._progress[record.family]
        progress.add(record.seconds if self._options.trials is None else units, record.error)
        if record.state == "complete" or killed:  # a killed trial costs at least what it took
            progress.ratios.append(record.seconds / max(units, 1e-6))
        if record.error is None:
            return
        self._worst = max(self._worst, record.error)
        if self._best is None or self._best.error is None or record.error < self._best.error:
            self._best = record

    def _drop_hopeless(self) -> None:
        records = [record for record, _ in self.finished]
        kept = shortlist([r.error or 0.0 for r in records], [r.family for r in records])
        for position in set(range(len(records))) - set(kept.tolist()) - self._dropped:
            self._journal.drop_models(records[position].number)
            self._dropped.add(position)

    def _note_failures(self, record: TrialRecord, progress: Progress, overran: bool) -> None:
        """Close a family that fails and fails; one that ignores its deadline costs most, and is closed sooner."""
        if record.state != "failed":
            progress.failures_in_a_row = 0
            return
        progress.failures_in_a_row += 2 if overran else 1
        most = FAILURES_IN_A_ROW if np.isfinite(progress.best) else FAILURES
        if progress.failures_in_a_row >= most and record.family not in self._closed:
            self._close(record.family, f"it failed too often in a row, the last time because {record.reason}")
            self._observer.note(f"{record.family} is left out: {self._closed[record.family]}")
