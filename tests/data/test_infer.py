from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from automl.data.infer import Wishes, infer_schema
from automl.data.read import read_table
from automl.data.schema import Role
from automl.errors import DataError, OptionError

N = 60
rng = np.random.default_rng(0)
COLUMNS: dict[str, tuple[Role, list[object]]] = {
    "measure": (Role.NUMERIC, rng.normal(size=N).tolist()),
    "distinct measure": (Role.NUMERIC, rng.permutation(10_000)[:N].tolist()),
    "small counts": (Role.NUMERIC, rng.integers(0, 4, N).tolist()),
    "year": (Role.NUMERIC, list(range(1960, 1960 + N))),
    "money": (Role.NUMERIC, [f"${i},{i:03}.50" for i in rng.permutation(900)[:N] + 1]),
    "zip code": (Role.CATEGORICAL, rng.integers(10_000, 10_020, N).tolist()),
    "house type": (Role.CATEGORICAL, [20, 30, 45] * (N // 3)),
    "padded": (Role.CATEGORICAL, ["007", "12", "130"] * (N // 3)),
    "colour": (Role.CATEGORICAL, ["red", "dark green", "blue"] * (N // 3)),
    "mostly codes": (Role.CATEGORICAL, [f"K{i // 2}" for i in range(N)]),
    "flag": (Role.BOOLEAN, [0, 1] * (N // 2)),
    "answer": (Role.BOOLEAN, ["Yes", "no ", "no"] * (N // 3)),
    "truth": (Role.BOOLEAN, [True, False] * (N // 2)),
    "when": (Role.DATETIME, [f"2020-01-{i % 28 + 1:02}" for i in range(N)]),
    "moment": (Role.DATETIME, list(pd.date_range("2020", periods=N, freq="h"))),
    "person": (Role.TEXT, [f"{a}, {b} Smith" for a in "ABCDEF" for b in "abcdefghij"]),
    "review": (Role.TEXT, [f"a film of {'very ' * (i % 9)}many words number {i}" for i in range(N)]),
    "评论": (Role.TEXT, [f"这部电影非常好看我很喜欢它{chr(0x4E00 + i)}" for i in range(N)]),
    "molecule": (Role.TEXT, ["".join(rng.choice(list("CNOcn=()"), 60)) for _ in range(N)]),
    "picture": (Role.IMAGE, [f"cats/{i}.JPG" for i in range(N)]),
    "series": (Role.SEQUENCE, [f"{i} 2 3 4 5" for i in range(N)]),
    "arrays": (Role.SEQUENCE, [np.arange(i % 5 + 1) for i in range(N)]),
    "constant": (Role.DROPPED, ["a"] * N),
    "empty": (Role.DROPPED, [None] * N),
    "counter": (Role.DROPPED, list(range(100, 100 + N))),
    "customer_id": (Role.DROPPED, rng.permutation(10**6)[:N].tolist()),
    "reference": (Role.DROPPED, [f"{i:04}-XY" for i in rng.permutation(N)]),
    "label of row": (Role.DROPPED, [f"Row {i}" for i in range(N)]),
}
FRAME = pd.DataFrame({name: pd.Series(cells) for name, (_, cells) in COLUMNS.items()})


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with one of the pictures that the table names."""
    (tmp_path / "cats").mkdir()
    Image.new("RGB", (6, 4)).save(tmp_path / "cats" / "0.JPG")
    return tmp_path


@pytest.mark.parametrize("name", COLUMNS)
def test_roles_of_typical_columns(name: str, pictures: Path) -> None:
    column = infer_schema(FRAME, Wishes(folder=pictures))[name]
    assert column.role is COLUMNS[name][0], column.reason
    assert column.reason


def test_roles_do_not_depend_on_how_cells_are_stored() -> None:
    simple = FRAME.drop(columns=["moment", "arrays"])
    expected = {c.name: c.role for c in infer_schema(simple).columns}
    assert {c.name: c.role for c in infer_schema(simple.astype(object)).columns} == expected
    assert {c.name: c.role for c in infer_schema(simple.astype("str")).columns} == expected


def test_a_value_with_gaps_is_kept_and_a_repeated_column_is_not() -> None:
    frame = pd.DataFrame({"a": [1.5, 2, 1, 2.5], "b": [1.5, 2, 1, 2.5], "seen": ["x", None, "x", None]})
    schema = infer_schema(frame)
    assert schema["seen"].role is Role.CATEGORICAL
    assert schema["b"].role is Role.DROPPED
    assert "'a'" in schema["b"].reason


def test_long_arrays_that_differ_in_the_middle_are_no_copies() -> None:
    one, other = np.zeros((2, 5000))
    other[2500] = 1
    frame = pd.DataFrame({"a": [one, one], "b": [one, other]})
    assert [c.role for c in infer_schema(frame).columns] == [Role.SEQUENCE, Role.SEQUENCE]


def test_wishes_come_first() -> None:
    schema = infer_schema(
        FRAME,
        Wishes(
            roles={"small counts": Role.CATEGORICAL, "colour": Role.TEXT, "year": Role.DATETIME},
            drop=["measure"],
            keep=["counter", "reference", "constant"],
            exclude=["flag"],
        ),
    )
    assert schema["small counts"].levels == ("0", "1", "2", "3")
    assert schema["colour"].role is Role.TEXT
    assert schema["year"].parsing == "%Y"
    assert schema["measure"].reason == "is dropped by request"
    assert schema["counter"].role is Role.NUMERIC
    assert schema["reference"].role is Role.CATEGORICAL
    assert schema["constant"].role is Role.CATEGORICAL
    assert "flag" not in [c.name for c in schema.columns]


@pytest.mark.parametrize("wish", ["roles", "drop", "keep"])
def test_unknown_names_are_refused_with_the_nearest(wish: str) -> None:
    names: dict[str, Role] = {"colours": Role.TEXT}
    wishes = Wishes(roles=names) if wish == "roles" else Wishes(drop=names) if wish == "drop" else Wishes(keep=names)
    with pytest.raises(OptionError, match="did you mean 'colour'"):
        infer_schema(FRAME, wishes)


@pytest.mark.parametrize(
    ("name", "role", "words"),
    [
        ("colour", Role.NUMERIC, "are no numbers"),
        ("colour", Role.BOOLEAN, "has 3"),
        ("colour", Role.DATETIME, "no date"),
        ("colour", Role.SEQUENCE, "no row of numbers"),
    ],
)
def test_roles_that_do_not_fit_are_refused(name: str, role: Role, words: str) -> None:
    with pytest.raises(DataError, match=words):
        infer_schema(FRAME, Wishes(roles={name: role}))


def test_absent_images_are_noticed(pictures: Path) -> None:
    column = infer_schema(FRAME, Wishes(folder=pictures))["picture"]
    assert (column.role, column.parsing) == (Role.IMAGE, "rgb 4x6")
    (pictures / "cats" / "0.JPG").write_bytes(b"")
    assert infer_schema(FRAME, Wishes(folder=pictures))["picture"].role is Role.DROPPED
    with pytest.raises(DataError, match=r"cats/0\.JPG.*--images"):
        infer_schema(FRAME, Wishes(folder=pictures, roles={"picture": Role.IMAGE}))


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(DataError, match="no input column is left"):
        infer_schema(FRAME[["constant", "empty"]])
    with pytest.raises(DataError, match="there twice"):
        infer_schema(pd.DataFrame([[1, 2]], columns=["a", "a"]))


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        (
            "tabular/titanic.csv",
            "Survived",
            {"PassengerId": "dropped", "Name": "text", "Ticket": "categorical", "Pclass": "numeric"},
        ),
        ("tabular/telco_churn.csv", "Churn", {"customerID": "dropped", "TotalCharges": "numeric"}),
        ("tabular/hotel_rates.csv", "avg_price_per_room", {"arrival_date": "datetime", "agent": "categorical"}),
        ("tabular/taxi_fares.csv", "fare", {"pickup": "datetime", "pickup_zone": "categorical"}),
        ("text/movie_reviews.csv", "label", {"text": "text"}),
        ("text/fine_foods.csv", "score", {"product": "dropped", "review": "text"}),
        ("image/cifar10.csv", "label", {"image": "image"}),
        ("sequence/japanesevowels.csv", "label", {"channel_0": "sequence", "channel_11": "sequence"}),
    ],
)  # fmt: skip
def test_roles_in_real_tables(shared: Path, path: str, target: str, expected: dict[str, str]) -> None:
    schema = infer_schema(read_table(shared / path), Wishes(exclude={target}, folder=(shared / path).parent))
    assert {name: schema[name].role.value for name in expected} == expected
