"""Column names that are easily taken for each other, or were made up for want of one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import listed

_MADE_UP = re.compile(r"column [0-9]+")
_NUMBERED = re.compile(r"(.+)\.[0-9]+")


def _find(subject: Subject) -> Iterator[Finding]:
    names = [str(name) for name in subject.frame.columns]
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names:
        alike[re.sub(r"[\W_]+", "", name).casefold() or name].append(name)
    for group in alike.values():
        if len(group) > 1:
            yield Finding("names", Severity.NOTE, f"the names {listed(group)} are easily confused", group[0])
    there = set(names)
    for name in names:
        if _MADE_UP.fullmatch(name):
            yield Finding("names", Severity.NOTE, "has no name in the file", name, done="named by its position")
        elif (found := _NUMBERED.fullmatch(name)) and found[1] in there:
            yield Finding(
                "names", Severity.NOTE, f"may have the same name as '{found[1]}' in the file", name, done="numbered"
            )


CHECK = Check("names", "Column names", _find)
