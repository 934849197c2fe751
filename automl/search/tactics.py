"""How a search decides whose turn it is, what it starts from and what it stops, as one value."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from automl.search.allocator import UNIFORM_SHARE


@dataclass(frozen=True)
class Tactics:
    """The defaults are the engine's; others serve to measure what these earn.

    `entries` bounds how many configurations of each family's portfolio are tried, None for all. `uniform_share` is the
    share of turns that are drawn with equal chances for all families; at 1 the first turns are too. With `shared`, one
    study proposes for all families and chooses the family. `stop_early` ends hopeless trials before their last fold.
    """

    entries: int | None = None
    uniform_share: float = UNIFORM_SHARE
    shared: bool = False
    stop_early: bool = True

    @classmethod
    def without(cls, parts: Collection[str]) -> Tactics:
        """Return the engine's tactics without some of `automl.parts`; names of parts elsewhere change nothing."""
        return cls(
            entries=1 if "portfolio" in parts else None,
            uniform_share=1.0 if "allocator" in parts else UNIFORM_SHARE,
            shared="studies" in parts,
            stop_early="early_stopping" not in parts,
        )
