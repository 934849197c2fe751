"""No file ends in a traceback: each works, or is one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.bad_inputs import CASES, PAGE, Case, outcome, render

_OUTCOMES: dict[str, str] = {}


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that anyone may enter, as far as the way to it goes."""
    folder = tmp_path_factory.mktemp("odd")
    for parent in [folder, *folder.parents[:2]]:
        parent.chmod(0o755)
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what.replace(" ", "-"))
def test_a_file_works_or_is_one_clear_error(case: Case, place: Path) -> None:
    text = outcome(case, place)
    _OUTCOMES[case.what] = text
    assert case.expected in text
    assert text.startswith(("works: ", "error: "))
    assert "Traceback" not in text


def test_there_are_many_cases_and_no_two_are_the_same() -> None:
    assert len(CASES) >= 40
    assert len({case.what for case in CASES}) == len(CASES)


def test_the_page_is_in_step() -> None:
    if len(_OUTCOMES) < len(CASES):
        pytest.skip("only some of the cases were run")
    assert PAGE.read_text(encoding="utf-8") == render([_OUTCOMES[case.what] for case in CASES])
