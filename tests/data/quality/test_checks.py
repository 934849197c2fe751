"""Every check: what it finds, and that it is quiet about clean columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data.quality.checks import CHECKS
from automl.data.quality.checks.outliers import fences
from automl.data.quality.checks.spellings import one_edit
from automl.data.quality.finding import Finding, Severity
from automl.data.quality.inspect import Effort
from automl.data.quality.report import Report
from automl.data.quality.table import check_table
from automl.data.repairs import REPAIRS
from tests.conftest import mixed_frame

N = 200
RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=N)
Y = np.where(X + RANDOM.normal(size=N) > 0, "yes", "no")
CITY = np.array(["Oslo", "Bergen", "Tromsø"])[RANDOM.integers(0, 3, N)]


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"x": X, "city": CITY, "y": Y, **columns})


def report(frame: pd.DataFrame, **options: Any) -> Report:
    return check_table(frame, options.pop("target", "y"), **options)


def found(frame: pd.DataFrame, check: str, column: str = "", **options: Any) -> Finding:
    """The one finding of a check about a column."""
    findings = [f for f in report(frame, **options).findings if f.check == check and f.column == column]
    assert len(findings) == 1, findings
    return findings[0]


def changed(cells: Any, rows: list[int], value: Any) -> np.ndarray:
    cells = np.array(cells, dtype=object)
    cells[rows] = value
    return cells


def test_a_clean_table_has_no_findings() -> None:
    assert report(table()).findings == ()


CASES: list[tuple[str, str, Callable[[], pd.DataFrame], Severity, str]] = [
    ("missing", "a", lambda: table(a=np.where(np.arange(N) < 150, np.nan, X)), Severity.WARNING, "75% of the cells"),
    ("missing", "a", lambda: table(a=np.where(np.arange(N) < 20, np.nan, X)), Severity.NOTE, "10% of the cells"),
    ("missing", "a", lambda: table(a=np.nan), Severity.WARNING, "no value in any row"),
    ("hidden", "a", lambda: table(a=changed(np.abs(X), [3, 9], -999.0).astype(float)), Severity.WARNING, "'-999'"),
    ("hidden", "c", lambda: table(c=changed(CITY, [1, 2, 3], "Unknown")), Severity.NOTE, "'Unknown'"),
    ("constant", "a", lambda: table(a=7), Severity.NOTE, "same value in every row"),
    ("constant", "a", lambda: table(a=changed(np.zeros(N), [5], 3.0).astype(float)), Severity.NOTE, "99.5% of"),
    ("identifiers", "user_id", lambda: table(user_id=np.arange(N) + 100), Severity.NOTE, "identifies rows"),
    ("copies", "x2", lambda: table(x2=X), Severity.NOTE, "repeats the column 'x'"),
    ("numbers_as_text", "a", lambda: table(a=[f"{v:.2f}".replace(".", ",") for v in X]), Severity.NOTE, "written as"),
    ("numbers_as_text", "a", lambda: table(a=changed(X.astype(str), [*range(30)], "low")), Severity.NOTE, "written as"),
    ("mixed_types", "a", lambda: table(a=changed(CITY, [*range(50)], "17")), Severity.WARNING, "mixes kinds"),
    (
        "spellings",
        "c",
        lambda: table(c=changed(CITY, [0, 1], ["OSLO", "oslo "])),
        Severity.WARNING,
        "several spellings",
    ),
    ("typos", "c", lambda: table(c=changed(CITY, [4], "Begren")), Severity.NOTE, "one letter away"),
    ("outliers", "a", lambda: table(a=changed(X, [8], 900.0).astype(float)), Severity.NOTE, "1 value lies far"),
    ("outliers", "a", lambda: table(a=changed(X, [8], np.inf).astype(float)), Severity.WARNING, "1 infinite value"),
    ("correlated", "b", lambda: table(b=np.exp(X) + 1), Severity.NOTE, "nearly the same as 'x'"),
    ("correlated", "town", lambda: table(town=[f"{c} by" for c in CITY]), Severity.NOTE, "nearly the same as 'city'"),
    ("names", "x", lambda: table(X=X[::-1]), Severity.NOTE, "easily confused"),
    ("leaks", "a", lambda: table(a=np.where(Y == "yes", "paid", "open")), Severity.SERIOUS, "function of the target"),
    ("leaks", "a", lambda: table(a=np.where(Y == "yes", 1.0, -1.0) + X / 9), Severity.SERIOUS, "by itself"),
    (
        "target",
        "y",
        lambda: table(y=changed(Y, [*range(60)], None)),
        Severity.WARNING,
        "30% of the rows have",
    ),
    (
        "target",
        "y",
        lambda: table(y=np.where(np.arange(N) < 3, "yes", "no")),
        Severity.WARNING,
        "1 of 2 classes is rare",
    ),
    ("spellings", "y", lambda: table(y=changed(Y, [0], "YES")), Severity.SERIOUS, "several spellings"),
    ("target", "y", lambda: table(y=4), Severity.SERIOUS, "cannot be learned"),
    ("target", "y", lambda: table(y=np.maximum(X, 0)), Severity.WARNING, "is zero in"),
    ("target", "y", lambda: table(y=np.exp(4 * X)), Severity.WARNING, "heavy tail"),
]


@pytest.mark.parametrize(("check", "column", "make", "severity", "words"), CASES)
def test_what_is_planted_is_found(
    check: str, column: str, make: Callable[[], pd.DataFrame], severity: Severity, words: str
) -> None:
    finding = found(make(), check, column)
    assert words in finding.message
    assert finding.severity is severity


def test_numbers_with_some_words_may_be_read_as_numbers() -> None:
    cells = changed([f"{v:.3f}" for v in X], [*range(0, 60, 2)], [f"n{i}" for i in range(30)])
    finding = found(table(a=cells), "numbers_as_text", "a")
    assert "are numbers, and the rest are not" in finding.message
    assert finding.fix is not None
    assert finding.fix.name == "numbers"


def test_units_are_found_and_their_kinds_told_apart() -> None:
    grams = [f"{100 * i % 9999} g" if i % 3 else f"{i / 7:.2f} kg" for i in range(N)]
    finding = found(table(a=grams), "units", "a")
    assert "2 units" in finding.message
    assert finding.fix is not None
    assert finding.fix.name == "units"
    flats = [f"{i % 40}{'ABC'[i % 3]}" for i in range(N)]
    ranks = [f"{i % 30}th" for i in range(N)]
    quiet = report(table(flat=flats, rank=ranks, both=[f"{i} kg" if i % 2 else f"{i} cm" for i in range(N)]))
    assert not [f for f in quiet.findings if f.check == "units"]


def test_formats_of_dates() -> None:
    days = pd.date_range("2020-01-15", periods=N, freq="D")
    both = [d.strftime("%Y-%m-%d" if i % 2 else "%d.%m.%Y") for i, d in enumerate(days)]
    assert "2 formats" in found(table(a=both), "dates", "a").message
    unclear = [f"0{i % 9 + 1}/0{i % 7 + 1}/2021" for i in range(N)]
    assert "days or months" in found(table(a=unclear), "dates", "a").message


def test_duplicates_and_contradictions() -> None:
    frame = pd.concat([table(), table().iloc[:10], table().iloc[10:14].assign(y=["yes", "no"] * 2)], ignore_index=True)
    same, odd = [f for f in report(frame).findings if f.check == "duplicates"]
    assert "rows repeat" in same.message
    assert set(range(N, N + 10)) <= set(same.rows)
    assert "another label" in odd.message


def test_rows_unlike_the_others() -> None:
    wide = pd.DataFrame(RANDOM.normal(size=(400, 6)), columns=list("abcdef"))
    wide.iloc[77] = 40.0
    finding = found(wide, "unusual_rows", target=None)
    assert finding.rows == (77,)
    assert "= 40" in finding.evidence[0]


def test_rows_that_lack_nearly_all_cells() -> None:
    frame = pd.DataFrame(RANDOM.normal(size=(N, 6)), columns=list("abcdef"))
    frame.iloc[[5, 9], :5] = np.nan
    assert found(frame, "missing", target=None).rows == (5, 9)


def test_two_tables_are_compared() -> None:
    test = table().assign(x=X + 1.5, city=changed(CITY, [*range(40)], "Bodø"))
    assert "distributed differently" in found(table(), "drift", "x", test=test).message
    assert "has not" in found(table(), "drift", "city", test=test).message
    assert "30 rows of the test table" in found(table(), "shared_rows", test=table().iloc[:30]).message
    lacking = found(table(), "drift", test=table().drop(columns="city").assign(x=X[::-1]))
    assert "lacks 'city'" in lacking.message
    fresh = table().assign(x=RANDOM.permutation(X) + 1e-3, city=RANDOM.permutation(CITY))
    assert report(table(), test=fresh).findings == ()


def test_leaks_of_a_regression() -> None:
    y = RANDOM.normal(size=N)
    assert found(table(y=y, band=np.digitize(y, [-1, 0, 1]).astype(str)), "leaks", "band").severity is Severity.SERIOUS
    assert "other words" in found(table(y=y, a=np.exp(y)), "leaks", "a").message


def test_words_that_differ_by_a_slip() -> None:
    assert one_edit("Bergen", "Begren")
    assert one_edit("Bergen", "Bergn")
    assert one_edit("bergen", "Bergena")
    assert one_edit("Bergen", "Bargen")
    assert not one_edit("Bergen", "bergen")
    assert not one_edit("Bergen", "Bremen")


def test_a_long_tail_is_no_outlier() -> None:
    bounds = fences(np.exp(RANDOM.normal(size=2000) * 1.5))
    assert bounds is not None
    assert bounds[1] > 100
    assert fences(np.arange(5.0)) is None


def test_findings_of_a_run_without_time_say_what_is_lacking() -> None:
    quick = report(mixed_frame(), target="label", effort=Effort(seconds=1e-9))
    assert len(quick.unfinished) == len(CHECKS)
    assert quick.findings == ()


def test_a_sample_of_a_large_table_keeps_its_row_numbers() -> None:
    frame = pd.DataFrame({"a": np.arange(5000.0) ** 1.5, "b": RANDOM.normal(size=5000)})
    frame.loc[[100, 4000], "b"] = np.inf
    result = check_table(frame, effort=Effort(rows=2000))
    assert result.n_looked_at == 2000
    rows = {row for f in result.findings if "infinite" in f.message for row in f.rows}
    assert rows <= {100, 4000}


def test_checks_offer_known_repairs_and_have_their_own_names() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert {name for check in CHECKS for name in check.repairs} == set(REPAIRS)


def test_reports_survive_json() -> None:
    first = report(table(a=changed(np.abs(X), [3, 9], -999.0).astype(float)))
    again = Report.from_json(first.to_json())
    assert again.to_json() == first.to_json()
    assert first.of("a")[0].check == "hidden"
    assert first.count(Severity.WARNING) == 1
    assert first.repaired(("hidden",)).count(Severity.WARNING) == 0
