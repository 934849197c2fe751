import numpy as np
import pandas as pd

from automl.data.prepare import DataOptions, prepare
from automl.features.noise import useful_few, without_noise
from automl.features.screening import judge_columns
from automl.features.target import Target


def prepared(columns, y):
    frame = pd.DataFrame({**columns, "y": y})
    return prepare(frame, DataOptions(target="y", test_size=0.0)).dataset


def test_a_table_of_mostly_noise_is_left_with_what_tells():
    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.normal(size=500) for i in range(60)} | {"c": rng.choice(["a", "b"], 500)}
    y = columns["x3"] * columns["x4"] + (columns["c"] == "a") + 0.1 * rng.normal(size=500)
    dataset = prepared(columns, y)
    useful = useful_few(dataset)
    judged = judge_columns(dataset.table, Target(dataset.y, dataset.task), 0)
    np.testing.assert_array_equal(useful, judged.proven)
    left = without_noise(dataset, useful)
    names = [column.name for column in left.schema.used]
    assert {"x3", "x4", "c"} <= set(names)
    assert len(names) == useful.sum() <= 12
    assert left.table.numeric.shape[1] + left.table.categorical.shape[1] == useful.sum()


def test_a_table_of_useful_columns_is_left_as_it_is():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(600, 45))
    assert useful_few(prepared({f"x{i}": x[:, i] for i in range(45)}, x.sum(axis=1))) is None


def test_few_columns_and_few_rows_are_not_looked_at():
    rng = np.random.default_rng(2)
    few = {f"x{i}": rng.normal(size=600) for i in range(10)}
    assert useful_few(prepared(few, rng.normal(size=600))) is None
    short = {f"x{i}": rng.normal(size=45) for i in range(60)}
    assert useful_few(prepared(short, rng.normal(size=45))) is None
