from dataclasses import replace

import pytest

from automl.features.encoder import with_selection
from automl.features.encoding import Encoding
from automl.features.fitting import fit_transform
from automl.features.lineage import origins
from automl.features.selection import BoostingRanker, select
from automl.features.target import Target

RICH = Encoding(
    entities=True, crosses=3, frequency=True, groups=4, arithmetic=5, bins=4, target_means=True, dates="cyclic"
)  # fmt: skip


@pytest.mark.parametrize(
    "wish",
    [
        Encoding(),
        Encoding("standard", "impute", "onehot"),
        Encoding(categorical="ordered"),
        RICH,
        replace(RICH, numeric="quantile", missing="impute", categorical="onehot", text_terms="both"),
    ],
)
def test_every_feature_has_an_origin_among_the_columns(mixed, binary, wish):
    table, y = mixed(300)
    encoder, _ = fit_transform(wish, table, y, binary, None, 0)
    found = origins(encoder)
    assert tuple(origin.name for origin in found) == encoder.names
    inputs = {name for of_role in encoder.inputs.values() for name in of_role}
    for origin in found:
        assert origin.columns
        assert set(origin.columns) <= inputs
        assert all(column in origin.name for column in origin.columns[:1]), origin


def test_a_selection_says_what_it_dropped_and_why(mixed, binary):
    table, y = mixed(300)
    encoder, features = fit_transform(Encoding(), table, y, binary, None, 0)
    ranking = BoostingRanker().rank(features, Target(y, binary), 0)
    chosen = with_selection(encoder, Encoding(keep=0.3), select(ranking, 0.3, encoder.names))
    found = origins(chosen)
    assert [origin.name for origin in found if not origin.why] == list(chosen.names)
    assert {origin.why for origin in found if origin.why} <= {"no better than chance", "beyond the best 30%"}


def test_screened_columns_are_told(mixed, binary):
    table, y = mixed(300)
    encoder, _ = fit_transform(Encoding(screen=True), table, y, binary, None, 0)
    gone = {origin.name for origin in origins(encoder) if "screened" in origin.why}
    assert "a" not in gone
    assert {"same", "one"} <= gone
