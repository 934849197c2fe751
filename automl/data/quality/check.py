"""What a check is: a name, a title, and a function from the table to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from automl.data.quality.finding import Finding
from automl.data.quality.subject import Subject


@dataclass(frozen=True)
class Check:
    """One thing to look for. `find` yields findings as it meets them, so that running out of time keeps the first.

    `repairs` are the names of those that its findings may offer.
    """

    name: str
    title: str
    find: Callable[[Subject], Iterator[Finding]]
    repairs: tuple[str, ...] = ()
