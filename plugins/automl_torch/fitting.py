"""From the parts of some folds to their fitted networks, trained as one program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from automl.plugin import Limits, Part, Task, TrialFailed
from automl_torch.architecture import Architecture, frame_of
from automl_torch.batches import Batches
from automl_torch.fitted import Fitted, Head, Taught, sizes
from automl_torch.initial import draw
from automl_torch.judged import StoppedFolds
from automl_torch.layout import Layout
from automl_torch.lesson import Lesson
from automl_torch.network import Loss, TabularNetwork
from automl_torch.outcome import Outcome, outcome_of
from automl_torch.recipe import Recipe, factors_of
from automl_torch.rescaling import rescale
from automl_torch.session import session
from automl_torch.stacked import Stacked
from automl_torch.tables import FoldView, stack
from automl_torch.training import Trained, train


def fit_together(lessons: Sequence[Lesson], task: Task, recipe: Recipe, limits: Limits) -> list[Taught]:
    """Fit a network a fold; folds with nothing to learn get the prior."""
    if limits.seconds_left <= 0:
        raise TrialFailed("no time left to train a network")
    views = [_view(lesson.train, task, recipe) for lesson in lessons]
    learning = [i for i, view in enumerate(views) if view.network.n_inputs and not view.outcome.constant]
    taught = [Taught(Fitted(Head(view.layout, view.outcome, None, None), {}), None) for view in views]
    if learning:
        chosen = [views[i] for i in learning]
        stacked = Stacked(frame_of(view.network for view in chosen), tuple(view.network for view in chosen), recipe.ntk)
        stopped = _stopped([lessons[i] for i in learning], task)
        with session(limits.threads):
            trained = _train(stacked, chosen, [lessons[i] for i in learning], recipe, limits, stopped)
        for position, i in enumerate(learning):
            view = views[i]
            head = Head(view.layout, view.outcome, view.network, trained.curves[position])
            kept = None if stopped is None else stopped.predictions(position)
            honest = None if kept is None else view.outcome.outputs(kept[:, : view.outcome.n_scores])
            taught[i] = Taught(Fitted(head, stacked.take(trained.weights, position)), honest)
    return taught


def _stopped(lessons: Sequence[Lesson], task: Task) -> StoppedFolds | None:
    scored = [lesson.score for lesson in lessons if lesson.score is not None]
    return StoppedFolds(scored, task, [lesson.seed for lesson in lessons]) if scored else None


def _train(
    stacked: Stacked,
    views: Sequence[FoldView],
    lessons: Sequence[Lesson],
    recipe: Recipe,
    limits: Limits,
    stopped: StoppedFolds | None,
) -> Trained:
    generators = [np.random.default_rng(lesson.seed) for lesson in lessons]
    classify = bool(len(views[0].outcome.classes))
    drawn = [draw(view.network, recipe, classify, g) for view, g in zip(views, generators, strict=True)]
    scored = [lesson.score for lesson in lessons if lesson.score is not None]
    spread = stacked.spread
    network = TabularNetwork(
        stacked.frame,
        {name: torch.from_numpy(array) for name, array in stacked.place(drawn).items()},
        factors_of(recipe, stacked.frame),
        stack(stacked.frame, views, [lesson.train for lesson in lessons], scored or None),
        None if (spread == 1).all() else torch.from_numpy(spread)[:, None, None],
        Loss(recipe.smoothing, recipe.hits),
        lessons[0].seed,
    )
    n_rows = [len(lesson.train.y) for lesson in lessons]
    if recipe.rescaled:
        rescale(network, n_rows, generators)
    return train(network, Batches(n_rows, recipe.batch_size, generators), recipe.course, limits, stopped)


def _view(part: Part, task: Task, recipe: Recipe) -> FoldView:
    layout, outcome = Layout(part.features.cardinalities), outcome_of(task, part)
    return FoldView(layout, outcome, _network(layout, outcome, recipe))


def _network(layout: Layout, outcome: Outcome, recipe: Recipe) -> Architecture:
    return Architecture(
        *sizes(layout, outcome),
        depth=recipe.depth,
        width=recipe.width,
        activation=recipe.activation,
        blended=recipe.blended,
        n_members=recipe.n_members,
    )
