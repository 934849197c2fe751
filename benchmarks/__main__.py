"""`python -m benchmarks COMMAND`: run systems side by side, report on results, install peers, leave parts out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from benchmarks import ablate, environments, report, run

COMMANDS: Mapping[str, Callable[[list[str]], None]] = {
    "run": run.main,
    "report": report.main,
    "peers": environments.main,
    "ablate": ablate.main,
}


def main(arguments: list[str]) -> None:
    """Hand the arguments to the command that the first one names."""
    if not arguments or arguments[0] not in COMMANDS:
        raise SystemExit(f"python -m benchmarks COMMAND …, where COMMAND is one of {', '.join(COMMANDS)}")
    COMMANDS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
