"""The family keeps the engine's contract: each check is a function of automl.testing, whose docstring says what."""

from automl.testing import parametrize_family_checks

from automl_hello.family import Hello


@parametrize_family_checks([Hello()])
def test_conformity(family, check):
    check(family)
