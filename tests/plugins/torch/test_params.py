from __future__ import annotations

import pytest

from automl_torch.params import affordable


@pytest.mark.parametrize(("most", "expected"), [(1000, 64), (40, 32), (5, 16)])
def test_an_entry_has_as_many_epochs_as_fit_and_the_fewest_where_none_do(most, expected):
    entry = {"width": 8, "epochs": 64}
    fitting = affordable(entry, [128, 64, 32, 16], lambda params: float(str(params["epochs"])) <= most)
    assert fitting == {"width": 8, "epochs": expected}  # never more than the entry has
