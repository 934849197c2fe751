"""Print the table of mutants, `python -m tests.testing.table`: each check, the family made for it, and what caught it.

The heavy import is missing here: its family is a module that its test writes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings

from automl.testing import CHECKS, check_name, run_check
from automl.testing.checks import limits
from tests.testing.mutants import MUTANTS


def main() -> None:
    """Run every check on every mutant."""
    warnings.simplefilter("ignore")
    limits.SECONDS, limits.GRACE = 0.1, 0.9
    root = os.getcwd()
    sys.path = [entry or root for entry in sys.path]
    started = time.monotonic()
    lines = ["| check | the broken family made for it | caught by |", "| --- | --- | --- |"]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in (check_name(check) for check in CHECKS):
            if name in MUTANTS:
                family = MUTANTS[name]
                outcomes = [run_check(family, check) for check in CHECKS]
                caught = ", ".join(outcome.check for outcome in outcomes if not outcome.fine)
                lines.append(f"| {name} | {type(family).__name__.removesuffix('Family')} | {caught} |")
        os.chdir(root)
    lines.append(f"\n{len(MUTANTS)} families, {len(CHECKS)} checks each, {time.monotonic() - started:.0f} s")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
