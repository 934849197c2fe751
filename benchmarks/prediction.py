"""How fast a saved model predicts, warm: the median of single rows, and rows a second in batches.

python -m benchmarks.prediction RUN TABLE
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import automl
from automl.data.read import read_table

BATCHES, BATCH = 5, 10_000


@dataclass(frozen=True)
class Speed:
    """Seconds to load and for a single row (median), rows a second in batches, and the size of the saved model.

    `rows_per_second` is None where no batch was timed.
    """

    load_seconds: float
    single_seconds: float
    rows_per_second: float | None
    bytes: int
    members: int


def measure(run: Path, table: Path, singles: int, batches: int = BATCHES) -> Speed:
    """Load a model and predict rows of a table."""
    started = time.perf_counter()
    model = automl.load(run)
    load_seconds = time.perf_counter() - started
    frame = read_table(table)
    rows = [frame.iloc[[i % len(frame)]] for i in range(singles)]
    model.predict_frame(rows[0])
    single = statistics.median(_seconds(model.predict_frame, row) for row in rows)
    rate = None
    if batches:
        batch = frame.sample(BATCH, replace=True, random_state=0)
        model.predict_frame(batch)
        rate = BATCH / statistics.median(_seconds(model.predict_frame, batch) for _ in range(batches))
    size = sum(path.stat().st_size for path in (run / "model").rglob("*") if path.is_file())
    return Speed(load_seconds, single, rate, size, len(model.members))


def main() -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--singles", type=int, default=200, help="single rows to time (200)")
    parser.add_argument("--batches", type=int, default=BATCHES, help=f"batches of {BATCH:,} rows to time ({BATCHES})")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    speed = measure(options.run, options.table, options.singles, options.batches)
    if options.json:
        print(json.dumps(asdict(speed)))
        return
    print(f"load        {speed.load_seconds:.2f} s")
    print(f"single row  {1000 * speed.single_seconds:.1f} ms (median of {options.singles})")
    if speed.rows_per_second is not None:
        print(f"batch       {speed.rows_per_second:,.0f} rows a second ({BATCH:,} rows, median of {options.batches})")
    print(f"size        {speed.bytes / 2**20:.1f} MiB, {speed.members} members")


def _seconds(function: Callable[[Any], object], argument: Any) -> float:
    started = time.perf_counter()
    function(argument)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
