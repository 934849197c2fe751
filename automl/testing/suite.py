"""The suite: every check with its name, run one by one, at once, or by pytest."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from automl.errors import unknown
from automl.plugin import ModelFamily
from automl.testing.checks import (
    cells,
    columns,
    crossfit,
    declaration,
    effects,
    learning,
    limits,
    output,
    persistence,
    processes,
    rows,
    space,
)

Check = Callable[[ModelFamily], None]
Status = Literal["passed", "failed", "expected failure", "unexpected pass"]

CHECKS: tuple[Check, ...] = (
    declaration.check_declaration,
    declaration.check_accepts_or_declines,
    declaration.check_encoding_wish,
    space.check_portfolio_in_space,
    space.check_portfolio_builds,
    space.check_space_is_fixed,
    space.check_suggestions_build,
    space.check_params_plain,
    space.check_params_unchanged,
    space.check_cost,
    output.check_shape,
    output.check_finite,
    output.check_probabilities,
    output.check_single_row,
    output.check_row_order,
    output.check_predict_repeats,
    learning.check_beats_dummy,
    learning.check_label_order,
    learning.check_seed_reproduces,
    learning.check_weights,
    rows.check_few_rows,
    rows.check_missing_class,
    rows.check_constant_target,
    rows.check_no_score_part,
    rows.check_score_part_lacks_labels,
    cells.check_missing_values,
    cells.check_unseen_categories,
    cells.check_extreme_numbers,
    columns.check_no_columns,
    columns.check_constant_columns,
    columns.check_more_columns_than_rows,
    persistence.check_save_and_load,
    persistence.check_save_again,
    persistence.check_saved_without_code,
    persistence.check_saved_size,
    persistence.check_damage_is_refused,
    processes.check_travels,
    processes.check_import_is_light,
    effects.check_inputs_unchanged,
    effects.check_global_state,
    effects.check_silence,
    effects.check_writes_no_files,
    effects.check_stateless,
    limits.check_past_deadline,
    limits.check_deadline,
    limits.check_threads,
    crossfit.check_cross_fit,
    crossfit.check_cross_fit_stops,
    crossfit.check_refit,
    crossfit.check_build_again,
    crossfit.check_out_of_bag,
    space.check_suggestions_fit,
)
"""Every check, roughly in the order in which failures are most telling."""


@dataclass(frozen=True)
class Outcome:
    """What one check said of one family: `reason` is why it failed or was expected to, `seconds` the wall clock."""

    family: str
    check: str
    status: Status
    seconds: float
    reason: str = ""
    details: str = ""

    @property
    def fine(self) -> bool:
        """Whether nothing needs to be done about it."""
        return self.status in {"passed", "expected failure"}


def check_name(check: Check) -> str:
    """Return the name that a check goes by: its function's, without `check_`."""
    return check.__name__.removeprefix("check_")


def expected(family: ModelFamily, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the checks that a family is expected to fail, with reasons: its own and these."""
    reasons = {**family.expected_failures, **(more or {})}
    known = [check_name(check) for check in CHECKS]
    for name in reasons:
        if name not in known:
            raise unknown("check", name, known)
    return reasons


def run_check(family: ModelFamily, check: Check, reason: str = "") -> Outcome:
    """Run one check; `reason` is why it is expected to fail, if it is."""
    started = time.monotonic()
    status: Status = "unexpected pass" if reason else "passed"
    details = ""
    try:
        check(family)
    except Exception as error:  # a family under test may raise anything
        status = "expected failure" if reason else "failed"
        reason = reason or f"{'' if isinstance(error, AssertionError) else f'{type(error).__name__}: '}{error}"
        details = traceback.format_exc()
    return Outcome(family.name, check_name(check), status, time.monotonic() - started, reason.strip(), details)


def check_family(family: ModelFamily, expected_failures: Mapping[str, str] | None = None) -> None:
    """Run every check on a family; the first that fails raises `AssertionError` or the family's own error.

    `expected_failures` maps names of checks to reasons, beside those that the family itself declares; a check that
    passes although it is expected to fail is a failure too, so that no reason outlives its cause.
    """
    reasons = expected(family, expected_failures)
    for check in CHECKS:
        reason = reasons.get(check_name(check))
        if reason is None:
            check(family)
        else:
            found = run_check(family, check, reason)
            assert found.fine, f"{family.name}: {found.check} passes, but is expected to fail: {reason}"


def parametrize_family_checks(
    families: Iterable[ModelFamily], expected_failures: Mapping[str, str] | None = None
) -> Any:
    """Decorate a pytest function of `family` and `check`, which then runs once for each pair, named after both.

    Checks that are expected to fail are marked so, strictly, with their reasons; see `check_family`.
    """
    import pytest

    pairs = []
    for family in families:
        reasons = expected(family, expected_failures)
        for check in CHECKS:
            name = check_name(check)
            marks = [pytest.mark.xfail(reason=reasons[name], strict=True)] if name in reasons else []
            pairs.append(pytest.param(family, check, id=f"{family.name}-{name}", marks=marks))
    return pytest.mark.parametrize(("family", "check"), pairs)
