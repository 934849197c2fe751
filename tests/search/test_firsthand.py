"""Families that see texts, images and sequences only through columns made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automl.data.schema import Role
from automl.plugin import Encoding
from automl.search.firsthand import second_hand
from tests.search.tiny import Priced, tiny_context


class Wishing(Priced):
    """Wishes for this encoding."""

    def __init__(self, **wish: Any) -> None:
        super().__init__("family", 1.0)
        self._wish = wish

    def encoding(self, params, task):
        return Encoding(**self._wish)


class Silent(Priced):
    def encoding(self, params, task):
        raise RuntimeError("no idea")


TEXT, MIXED = {Role.TEXT: 2}, {Role.TEXT: 1, Role.NUMERIC: 1}


@pytest.mark.parametrize(
    ("family", "columns", "expected"),
    [
        pytest.param(Wishing(text="svd"), TEXT, True, id="columns made of texts"),
        pytest.param(Wishing(text="raw"), TEXT, False, id="texts themselves"),
        pytest.param(Wishing(text="svd"), MIXED, False, id="numbers beside texts"),
        pytest.param(Wishing(), {Role.NUMERIC: 3}, False, id="numbers"),
        pytest.param(Wishing(text="drop", images="raw"), {Role.TEXT: 1, Role.IMAGE: 1}, False, id="images, not texts"),
        pytest.param(Silent("family", 1.0), TEXT, False, id="does not say"),
    ],
)
def test_second_hand(family: Priced, columns: dict[Role, int], expected: bool) -> None:
    context = tiny_context(family)
    context = replace(context, profile=replace(context.profile, columns=tuple(columns.items())))
    assert second_hand(context, "family", {"x": 1}) is expected
