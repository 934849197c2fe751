"""How fast a saved model predicts, warm: the median of single rows, and rows a second in batches.

python -m benchmarks.prediction RUN TABLE
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import automl
from automl.data.read import read_table

SINGLES, BATCHES, BATCH = 200, 5, 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("table", type=Path)
    arguments = parser.parse_args()
    started = time.perf_counter()
    model = automl.load(arguments.run)
    print(f"load        {time.perf_counter() - started:.2f} s")
    frame = read_table(arguments.table)
    rows = [frame.iloc[[i % len(frame)]] for i in range(SINGLES)]
    batch = frame.sample(BATCH, replace=True, random_state=0)
    model.predict_frame(rows[0])
    model.predict_frame(batch)
    singles = [_seconds(model.predict_frame, row) for row in rows]
    print(f"single row  {1000 * statistics.median(singles):.1f} ms (median of {SINGLES})")
    batches = [_seconds(model.predict_frame, batch) for _ in range(BATCHES)]
    print(f"batch       {BATCH / statistics.median(batches):,.0f} rows a second ({BATCH} rows, median of {BATCHES})")
    size = sum(path.stat().st_size for path in (arguments.run / "model").rglob("*") if path.is_file())
    print(f"size        {size / 2**20:.1f} MiB, {len(model.members)} members")


def _seconds(function, argument) -> float:  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    function(argument)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
