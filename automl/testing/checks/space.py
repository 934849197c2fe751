"""The portfolio and the search space."""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np

from automl.data.schema import Role
from automl.plugin import FamilyDeclined, Limits, Model, ModelFamily, Params, Profile, Suggest, Task, TrialFailed
from automl.testing import expect
from automl.testing.fits import default, hardest, parts, samples
from automl.testing.random_trial import draw
from automl.testing.sample import SEED, Sample

SUGGESTIONS = 50
SECONDS = 0.2
"""What one random suggestion may take to fit: enough to show a crash, which most show at once."""


def check_portfolio_in_space(family: ModelFamily) -> None:
    """Every portfolio entry has every parameter of the space within its range and no other, on tables of any size."""
    from optuna.trial import FixedTrial

    for task, profile in _profiles(family):
        portfolio = family.portfolio(task, profile)
        assert portfolio, f"{family.name}: the portfolio needs at least one entry, the default"
        for entry in portfolio:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a value out of range is a warning in Optuna
                sampled = family.suggest(cast(Suggest, FixedTrial(dict(entry))), task, profile)
            assert sampled == entry, f"{family.name}: suggest turned the portfolio entry {entry} into {sampled}"


def check_portfolio_builds(family: ModelFamily) -> None:
    """Every portfolio entry makes an encoding and a model, on tables of any size."""
    for task, profile in _profiles(family):
        for entry in family.portfolio(task, profile):
            _build(family, dict(entry), task)


def check_suggestions_build(family: ModelFamily) -> None:
    """Fifty random samples of the space make an encoding and a model each."""
    for one in samples(family):
        for params, _ in draw(family, one, SUGGESTIONS):
            _build(family, dict(params), one.task)


def check_suggestions_fit(family: ModelFamily) -> None:
    """Fifty random samples of the space, shared by the tasks, are fitted, some with little time, and predict."""
    kinds = samples(family)
    for one in kinds:
        parts(family, one)  # a library that loads at first use takes none of the time of the first sample
        for params, _ in draw(family, one, math.ceil(SUGGESTIONS / len(kinds))):
            _fit_briefly(family, one, params)


def _fit_briefly(family: ModelFamily, one: Sample, params: Params) -> None:
    train, score = one.parts(family.encoding(dict(params), one.task))
    model = family.build(dict(params), one.task, SEED)
    limits = Limits(time.monotonic() + SECONDS)
    try:
        model.fit(train, score, limits)
    except TrialFailed:
        if limits.seconds_left < SECONDS / 2:
            return
        model.fit(train, score, Limits())  # it gave up early: it must fit where there is time
    expect.usable(family, one.task, model.predict(score.features), len(score.y))


def check_space_is_fixed(family: ModelFamily) -> None:
    """`suggest` asks for the same names and ranges every time, and returns what it asked for, no more and no less."""
    for one in samples(family):
        ranges: dict[str, object] = {}
        for params, trial in draw(family, one, SUGGESTIONS):
            for name, asked in trial.space.items():
                known = ranges.setdefault(name, asked)
                assert known == asked, f"{family.name}: the range of '{name}' is {asked}, and was {known} before"
            assert set(params) == set(trial.space), (
                f"{family.name}: suggest returned {sorted(params)}, but asked for {sorted(trial.space)}"
            )


def check_params_plain(family: ModelFamily) -> None:
    """Parameters are text, numbers, booleans or None, which come back from JSON as they went."""
    for one in samples(family):
        entries = [*family.portfolio(one.task, one.profile), *(params for params, _ in draw(family, one, 10))]
        for params in entries:
            try:
                back = json.loads(json.dumps(dict(params), allow_nan=False))
            except (TypeError, ValueError) as error:
                raise AssertionError(f"{family.name}: {params} cannot be written as JSON: {error}") from error
            assert back == params, f"{family.name}: {params} came back from JSON as {back}"


def check_params_unchanged(family: ModelFamily) -> None:
    """Neither `encoding`, `cost`, `build` nor `fit` writes into the parameters, which the journal keeps."""
    one = hardest(family)
    before = default(family, one)
    params = dict(before)
    wish = family.encoding(params, one.task)
    family.cost(params, one.task, one.profile)
    family.build(params, one.task, SEED).fit(*one.parts(wish), Limits())
    assert params == before, f"{family.name}: the parameters {before} were turned into {params}"


def check_cost(family: ModelFamily) -> None:
    """Estimated seconds are positive and finite, and do not fall with the rows."""
    for one in samples(family):
        params = default(family, one)
        seconds = [family.cost(params, one.task, replace(one.profile, n_rows=n)) for n in (200, 2000, 20_000)]
        assert np.isfinite(seconds).all(), f"{family.name}: costs {seconds}"
        assert 0 < seconds[0] <= seconds[1] <= seconds[2], f"{family.name}: costs {seconds}"


def _profiles(family: ModelFamily) -> Iterator[tuple[Task, Profile]]:
    """The usual profiles, then those of longer and wider tables and of short runs, where the family takes them."""
    for one in samples(family):
        for profile in (one.profile, *_others(one)):
            try:
                family.accepts(one.task, profile)
            except FamilyDeclined:
                continue
            yield one.task, profile


def _others(one: Sample) -> list[Profile]:
    wide = tuple((role, count * 40) for role, count in one.profile.columns)
    dated = (*one.profile.columns, (Role.DATETIME, 2), (Role.TEXT, 1))
    return [
        replace(one.profile, seconds=5.0),
        replace(one.profile, n_rows=50_000, columns=wide, max_levels=300, rarest=9_000, seconds=60.0),
        replace(one.profile, n_rows=5_000, columns=dated, missing=0.4),
    ]


def _build(family: ModelFamily, params: Params, task: Task) -> None:
    hash(family.encoding(params, task))
    model = family.build(params, task, SEED)
    assert isinstance(model, Model), f"{family.name}: build must return a Model, but {params} gave {type(model)}"
