from __future__ import annotations

import pytest

from automl.errors import OptionError
from automl.scaffold import Names


@pytest.mark.parametrize(
    "given", ["gaussian-process", "Gaussian_Process", "automl-gaussian-process", "gaussian.process"]
)
def test_spellings_of_one_name_give_the_same_names(given):
    names = Names.of(given)
    assert names.distribution == "automl-gaussian-process"
    assert names.package == "automl_gaussian_process"
    assert names.family == "gaussian_process"
    assert names.cls == "GaussianProcess"


@pytest.mark.parametrize("given", ["", "-", "7up", "a b", "naïve", "../up", "a-", "a-7", "automl-", "x" * 41])
def test_an_unfit_name_is_refused_with_the_rule(given):
    with pytest.raises(OptionError, match="ASCII letters and digits"):
        Names.of(given)


@pytest.mark.parametrize("given", ["none", "exception", "task", "sklearn-family"])
def test_a_class_name_that_means_something_else_is_refused(given):
    with pytest.raises(OptionError, match="which is taken"):
        Names.of(given)
