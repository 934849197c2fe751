import json

import pandas as pd

from benchmarks.digits import write_digits
from benchmarks.splits import load_suite, write_split


def test_digits_become_pictures_with_a_suite_that_the_benchmark_reads(tmp_path):
    suite = write_digits(tmp_path / "new")
    table = pd.read_csv(suite.parent / "digits.csv")
    assert len(table) == 1797
    assert (table["split"] == "test").sum() == 360
    assert all((suite.parent / path).is_file() for path in table["image"][:5])
    [entry] = load_suite(suite)
    assert entry.rows == json.loads(suite.read_text(encoding="utf-8"))[0]["rows"] == 1797
    split = write_split(entry, 0, tmp_path)
    assert len(pd.read_csv(split.test)) == 360
