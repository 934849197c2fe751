from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("automl_pretrained", reason="needs the extra [pretrained]")

from automl.plugin import ModelFamily
from automl.plugin.learned import instead
from automl.testing import parametrize_family_checks
from automl.testing.checks.space import check_portfolio_in_space
from automl_pretrained import tuned
from automl_pretrained.backed import BackedFamily
from automl_pretrained.frozen import Pretrained
from automl_pretrained.tuned import Finetuned
from benchmarks.portfolio.configurations import configurations

FAMILIES: dict[str, ModelFamily] = {}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few epochs as show a mistake, in a fraction of the time."""
    monkeypatch.setattr(tuned, "EPOCHS", [6, 5])


def named(family: ModelFamily) -> ModelFamily:
    """A family as it is with a checkpoint, when there is no folder to make one in yet."""
    family.expected_failures = {}  # type: ignore[misc]
    return family


@parametrize_family_checks([named(Pretrained()), named(Finetuned())])
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None], texts: Path) -> None:
    # One instance for all checks, since what they fit is shared by the instance.
    if family.name not in FAMILIES:
        found = family.with_backbone(texts)
        assert found is not None
        FAMILIES[family.name] = found
    check(FAMILIES[family.name])


@pytest.mark.parametrize("kind", [Pretrained, Finetuned])
def test_whatever_was_learned_stays_in_the_space_of_every_table(kind: type[BackedFamily], texts: Path) -> None:
    family = kind().with_backbone(texts)
    assert family is not None
    for task in family.tasks:
        entries = [one.params for one in configurations(family, task, samples=8, seed=1)]
        with instead({family.name: entries}) as value:
            check_portfolio_in_space(family)
        assert family.name in value.asked
