"""Spellings of one category: differences of case, blanks and punctuation, and slips of one letter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from automl.data.cells import level_text
from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Fix, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import count, listed
from automl.data.repairs import Respell, spelling_key
from automl.data.schema import Role

_MOST_LEVELS = 5000
_SHORTEST = 5  # letters; shorter words are often one edit apart by nature (male, mile; red, rod)
_LONGEST = 40  # texts are not looked at letter by letter
_RARE = 0.1  # a slip is at most this often as the word it is a slip of …
_MOST_ROWS = 5  # … and in no more rows than this


def _find(subject: Subject) -> Iterator[Finding]:
    names = [c.name for c in subject.columns(Role.CATEGORICAL, Role.BOOLEAN)]
    if subject.task is not None and subject.task.is_classification:
        names.append(subject.task.target)
    for name in names:
        subject.check_time()
        sketch = subject.sketch(name)
        if not sketch.hashable or sketch.kind != "O" or sketch.n_distinct > _MOST_LEVELS:
            continue
        counts: dict[str, int] = defaultdict(int)
        for cell, n in zip(sketch.distinct, sketch.counts.tolist(), strict=True):
            counts[level_text(cell)] += n
        is_target = subject.task is not None and name == subject.task.target
        groups = _variants(counts)
        if groups:
            yield _finding("spellings", name, groups, counts, is_target)
        if slips := _slips(counts):
            yield _finding("typos", name, slips, counts, is_target)


def _variants(counts: dict[str, int]) -> dict[str, list[str]]:
    """The most frequent spelling of each category that has several, and its others."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for level in counts:
        by_key[spelling_key(level)].append(level)
    out = {}
    for levels in by_key.values():
        if len(levels) > 1:
            best, *others = sorted(levels, key=lambda level: (-counts[level], level))
            out[best] = others
    return out


def _slips(counts: dict[str, int]) -> dict[str, list[str]]:
    """Frequent levels and the rare ones that are one edit away from them, by their spellings with a letter left out."""
    near: dict[str, list[str]] = defaultdict(list)
    for level in counts:
        if _SHORTEST <= len(level) <= _LONGEST and not any(c.isdigit() for c in level):
            for form in _deletions(level.casefold()):
                near[form].append(level)
    out: dict[str, list[str]] = defaultdict(list)
    taken = set()
    for levels in near.values():
        best = max(levels, key=lambda level: (counts[level], level))
        for level in levels:
            rare = counts[level] <= min(_MOST_ROWS, _RARE * counts[best])
            if rare and level not in taken and spelling_key(level) != spelling_key(best) and one_edit(level, best):
                taken.add(level)
                out[best].append(level)
    return dict(out)


def _deletions(word: str) -> set[str]:
    return {word} | {word[:i] + word[i + 1 :] for i in range(len(word))}


def one_edit(first: str, second: str) -> bool:
    """Whether one letter inserted, left out, replaced, or swapped with its neighbour makes one word of the other."""
    first, second = first.casefold(), second.casefold()
    if len(first) > len(second):
        first, second = second, first
    start = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(first))
    if len(first) < len(second):
        return len(second) - len(first) == 1 and first[start:] == second[start + 1 :]
    if first[start + 1 :] == second[start + 1 :]:
        return first != second
    swapped = first[start + 1 : start + 2] + first[start : start + 1]
    return swapped == second[start : start + 2] and first[start + 2 :] == second[start + 2 :]


def _finding(check: str, name: str, groups: dict[str, list[str]], counts: dict[str, int], is_target: bool) -> Finding:
    pairs = [(other, best) for best, others in groups.items() for other in others]
    if check == "spellings":
        pairs += [(spelling_key(best), best) for best in groups]
        message = f"{count(len(groups), 'category', 'categories')} have several spellings"
    else:
        message = f"{count(len(pairs), 'rare category is', 'rare categories are')} one letter away from a frequent one"
    evidence = tuple(
        f"'{best}' ({counts[best]:,}): {listed(others)} ({sum(counts[o] for o in others):,})"
        for best, others in sorted(groups.items(), key=lambda pair: -counts[pair[0]])[:5]
    )
    return Finding(
        check,
        Severity.SERIOUS if is_target else Severity.WARNING if check == "spellings" else Severity.NOTE,
        message,
        name,
        evidence=evidence,
        advice="mend the labels: each spelling counts as a class" if is_target else "give each category one spelling",
        fix=None if is_target else Fix(check, Respell(tuple(pairs))),
    )


CHECK = Check("spellings", "Spellings of categories", _find, ("spellings", "typos"))
