"""`python -m benchmarks portfolio COMMAND`: measure configurations, learn from them, show what there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.portfolio import evaluate, learn, show

COMMANDS: Mapping[str, Callable[[Sequence[str]], None]] = {
    "evaluate": evaluate.main,
    "learn": learn.main,
    "show": show.main,
}


def main(arguments: Sequence[str]) -> None:
    """Hand the arguments to the command that the first one names."""
    if not arguments or arguments[0] not in COMMANDS:
        raise SystemExit(f"python -m benchmarks portfolio COMMAND …, where COMMAND is one of {', '.join(COMMANDS)}")
    COMMANDS[arguments[0]](arguments[1:])
