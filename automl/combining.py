"""From finished trials to what goes into a model: its members with their weights, and how it decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.calibration import fit_calibration
from automl.copies import Said, fit_copies
from automl.data.fingerprint import row_hashes
from automl.data.quality.finding import Finding
from automl.data.quality.labels import label_findings
from automl.data.weights import weights_at
from automl.decision import tune_decision
from automl.ensemble import ROW_BUDGETS, Ensemble, Library, combine, worthwhile_ensemble
from automl.fitted import Output
from automl.planning import Plan
from automl.saving import Selected
from automl.search.journal import Journal
from automl.search.records import TrialRecord
from automl.slimming import fast_weights, rejudged

Finished = Sequence[tuple[TrialRecord, NDArray[np.float32]]]


@dataclass(frozen=True)
class Choice:
    """What a model is made of: the ensemble, its members (heaviest first), and what happens to their blend.

    `cv_score` is in the metric's own unit; `findings` are targets that look wrong to the ensemble.
    """

    ensemble: Ensemble
    members: tuple[Selected, ...]
    output: Output
    cv_score: float
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class CombinerOptions:
    """How to choose: `seconds` that it may take (None: no limit), with this `seed`.

    Times that were measured count where `timed` says so, and then `row_budgets` bound what members cost a row together,
    in seconds: more than the first only for a gain. They would make the choice depend on the machine's mood, which a
    fixed number of trials excludes. There are at most `members`,
    None for any number; probabilities are calibrated where `calibrates` says so, and what copies of a row said in
    training counts where `recalls` does.
    """

    seconds: float | None
    seed: int
    timed: bool
    members: int | None = None
    calibrates: bool = True
    recalls: bool = True
    row_budgets: Sequence[float] = ROW_BUDGETS


@dataclass(frozen=True)
class Combiner:
    """Combines the finished trials of a run; `said` is what may be known of copies of training rows."""

    plan: Plan
    records: tuple[TrialRecord, ...]
    library: Library
    options: CombinerOptions
    said: Said | None = None

    @classmethod
    def of(cls, plan: Plan, finished: Finished, options: CombinerOptions) -> Combiner:
        """Gather the out-of-fold predictions of the rows that were scored."""
        dataset, folds = plan.prepared.dataset, plan.context.plan
        rows = np.flatnonzero(folds.scored)
        where = np.cumsum(folds.scored) - 1
        records = tuple(record for record, _ in finished)
        library = Library(
            predictions=np.stack([prediction[rows] for _, prediction in finished]),
            errors=[record.error if record.error is not None else np.inf for record in records],
            families=[record.family for record in records],
            y=dataset.y[rows],
            weights=weights_at(dataset.weights, rows),
            folds=[replace(fold, train=fold.train[:0], score=where[fold.score]) for fold in folds.first_repeat],
            metric=plan.context.metric,
            task=dataset.task,
            row_seconds=[record.predict_seconds for record in records] if options.timed else [],
            members=options.members,
        )
        return cls(plan, records, library, options, _said(plan) if options.recalls else None)

    def best(self) -> Choice:
        """Choose for accuracy."""
        options = self.options
        return self.of_ensemble(worthwhile_ensemble(self.library, options.seed, options.seconds, options.row_budgets))

    def fast(self, whole: Choice) -> Choice:
        """Choose one model, or as few as hold the bound on what speed may cost."""
        costs = [self._model_seconds(record) for record in self.records]
        return self.with_weights(whole, fast_weights(self.library, whole.ensemble, costs), models=1)

    def cheapest(self, most: int) -> list[int]:
        """Return positions of the trials whose single models are the cheapest in a batch, each of another family."""
        costs = [self._model_seconds(record) for record in self.records]
        order = sorted((i for i in range(len(costs)) if np.isfinite(costs[i])), key=lambda i: (costs[i], i))
        first: dict[str, int] = {}
        for i in order:
            first.setdefault(self.records[i].family, i)
        return list(first.values())[:most]

    def alone(self, whole: Choice, position: int) -> Choice:
        """Choose one model of one trial."""
        return self.with_weights(whole, np.eye(len(self.records))[position], models=1)

    def with_weights(self, whole: Choice, weights: NDArray[np.float64], models: int) -> Choice:
        """Choose other weights (n_trials,) than those of the whole ensemble, and at most so many models of a member."""
        return self.of_ensemble(rejudged(self.library, whole.ensemble, weights), models)

    def of_ensemble(self, ensemble: Ensemble, models: int | None = None) -> Choice:
        """Work out all that follows from the weights; of each member at most so many models are kept."""
        library, metric = self.library, self.library.metric
        members = [
            Selected(_keeping(record, models), float(weight), metric.score_of(record.error or 0.0))
            for record, weight in zip(self.records, ensemble.weights, strict=True)
            if weight > 0
        ]
        members.sort(key=lambda member: -member.weight)
        blend = combine(library.predictions, ensemble.weights)
        calibrates = library.task.is_classification and self.options.calibrates
        calibration = fit_calibration(library.y.astype(np.int64), blend, library.weights) if calibrates else None
        if calibration is not None:
            blend = calibration.apply(blend)
        scored = self.plan.context.plan.scored
        return Choice(
            ensemble=ensemble,
            members=tuple(members),
            output=Output(
                calibration,
                tune_decision(metric, library.y, blend, library.weights),
                None if self.said is None else fit_copies(self.said, np.flatnonzero(scored), blend),
            ),
            cv_score=metric.score_of(ensemble.honest_error),
            findings=label_findings(library.task, library.y, blend, self.plan.prepared.rows[scored]),
        )

    def positions(self) -> Mapping[int, int]:
        """Return each trial's position in the library by its number."""
        return {record.number: position for position, record in enumerate(self.records)}

    def _model_seconds(self, record: TrialRecord) -> float:
        """Return what one model of a trial costs a row, 0 where times do not count, infinite where it has none left."""
        if not record.models or not Journal(self.plan.context.folder).has_models(record):
            return float("inf")
        return record.predict_seconds / len(record.models) if self.options.timed else 0.0


@dataclass(frozen=True)
class Chosen:
    """What goes into a model, and what it was chosen by."""

    combiner: Combiner
    choice: Choice


def _said(plan: Plan) -> Said | None:
    """Gather what training rows said; None where rows to come are of other groups or times, and repeat none."""
    dataset = plan.prepared.dataset
    if dataset.groups is not None or dataset.times is not None:
        return None
    return Said(
        row_hashes(dataset.table), dataset.y.astype(np.float64), dataset.weights, dataset.task.is_classification
    )


def _keeping(record: TrialRecord, models: int | None) -> TrialRecord:
    """Keep the models of the first folds, which are the same for all members, so that they share encoders."""
    return replace(record, models=tuple(sorted(record.models, key=lambda model: model.fold)[:models]))
