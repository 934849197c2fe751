from dataclasses import dataclass

import numpy as np
import pytest

from automl.data.schema import Role
from automl.features.derived import Derivation, FeatureEncoder, Made, widen
from automl.features.selection import Ranking, Selector
from automl.features.selectors import SELECTORS
from automl.storage import storable
from automl.testing import check_encoder, check_selector


@pytest.mark.parametrize("name", list(SELECTORS))
def test_the_selectors_that_come_with_the_engine_conform(name):
    check_selector(SELECTORS[name])


class Backwards(Selector):
    name = "backwards"

    def rank(self, features, target, seed):
        order = np.argsort([not name.startswith("noise") for name in features.names], kind="stable")
        return Ranking(order, np.zeros(len(order)), np.ones(len(order), dtype=bool))


def test_a_selector_that_prefers_noise_is_found_out():
    with pytest.raises(AssertionError, match="behind noise"):
        check_selector(Backwards())


@storable("tests.row_sums")
@dataclass(frozen=True, eq=False)
class RowSums(Derivation):
    made: tuple[Made, ...]

    def extend(self, table):
        return widen(table, self.made, np.nansum(table.numeric, axis=1, keepdims=True))


class SumEncoder(FeatureEncoder):
    name = "sums"
    uses_target = False

    def fit(self, table, target, seed):
        fitted = RowSums((Made("sum of numbers", table.names[Role.NUMERIC]),))
        return fitted, fitted.extend(table)


def test_an_encoder_that_adds_what_it_says_conforms():
    check_encoder(SumEncoder())


class Leaking(SumEncoder):
    name = "leaking"

    def fit(self, table, target, seed):
        fitted, _ = super().fit(table, target, seed)
        return fitted, widen(table, fitted.made, target.y[:, None].astype(float))


def test_an_encoder_that_shows_a_row_its_target_is_found_out():
    with pytest.raises(AssertionError, match="own target shows"):
        check_encoder(Leaking())


class Forgetful(SumEncoder):
    name = "forgetful"

    def fit(self, table, target, seed):
        class Local(RowSums):
            pass

        fitted = Local((Made("sum of numbers", table.names[Role.NUMERIC]),))
        return fitted, fitted.extend(table)


def test_what_cannot_be_saved_is_found_out():
    with pytest.raises(AssertionError, match="cannot be saved"):
        check_encoder(Forgetful())
