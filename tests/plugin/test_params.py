from __future__ import annotations

import pytest

from automl.plugin import Profile, Role, real, text, whole, width


def test_parameters_are_read_as_what_they_are() -> None:
    params = {"rate": 1, "depth": 3.0, "kind": "gini"}
    assert isinstance(real(params, "rate"), float)
    assert isinstance(whole(params, "depth"), int)
    assert text(params, "kind") == "gini"


def test_a_missing_parameter_is_a_key_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="depth"):
        whole({}, "depth")


def test_width_counts_what_columns_become() -> None:
    columns = ((Role.NUMERIC, 3), (Role.BOOLEAN, 1), (Role.CATEGORICAL, 2), (Role.DATETIME, 1), (Role.TEXT, 1))
    profile = Profile(1000, 2, columns, max_levels=10)
    assert width(profile) == 3 + 1 + 2 + 6 + 36
    assert width(profile, texts=False) == 3 + 1 + 2 + 6
    assert width(profile, onehot=True) == 3 + 1 + 2 * 10 + 6 + 36


def test_one_hot_width_is_bounded_and_never_zero() -> None:
    many = Profile(1000, 2, ((Role.CATEGORICAL, 2),), max_levels=5000)
    assert width(many, onehot=True) == 2 * 16
    assert width(Profile(1000, 2, ())) == 1
