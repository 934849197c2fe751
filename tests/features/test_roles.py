import numpy as np

from automl.data.schema import Role
from automl.features.roles import restrict


def test_only_wanted_roles_remain(mixed):
    table, _ = mixed()
    part = restrict(table, frozenset({Role.CATEGORICAL, Role.TEXT}))
    assert part.numeric.shape == (120, 0)
    assert part.datetime.shape == (120, 0)
    assert part.levels == table.levels
    assert set(part.raw) == {"note", "code"}
    assert {role for role, names in part.names.items() if names} == {Role.CATEGORICAL, Role.TEXT}
    assert restrict(table, frozenset({Role.NUMERIC})).categorical.shape == (120, 0)


def test_the_schema_tells_booleans_from_numbers(mixed_dataset):
    table, schema = mixed_dataset.table, mixed_dataset.schema
    booleans = restrict(table, frozenset({Role.BOOLEAN}), schema)
    assert booleans.names[Role.NUMERIC] == ("flag",)
    np.testing.assert_array_equal(booleans.numeric[:, 0], table.numeric[:, 3])
    assert restrict(table, frozenset({Role.NUMERIC}), schema).names[Role.NUMERIC] == ("a", "b", "c", "same")
    assert restrict(table, frozenset({Role.BOOLEAN})).names[Role.NUMERIC] == table.names[Role.NUMERIC]


def test_all_roles_change_nothing(mixed_dataset):
    part = restrict(mixed_dataset.table, frozenset(Role), mixed_dataset.schema)
    assert part.numeric is mixed_dataset.table.numeric
    assert part.names == mixed_dataset.table.names
