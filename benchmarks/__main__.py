"""`python -m benchmarks COMMAND`: run systems side by side, report, install peers, leave parts out, learn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from benchmarks import ablate, environments, report, run
from benchmarks.portfolio import command as portfolio

COMMANDS: Mapping[str, Callable[[list[str]], None]] = {
    "run": run.main,
    "report": report.main,
    "peers": environments.main,
    "ablate": ablate.main,
    "portfolio": portfolio.main,
}


def main(arguments: list[str]) -> None:
    """Hand the arguments to the command that the first one names."""
    if not arguments or arguments[0] not in COMMANDS:
        raise SystemExit(f"python -m benchmarks COMMAND …, where COMMAND is one of {', '.join(COMMANDS)}")
    COMMANDS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
