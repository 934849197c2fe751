"""From lessons to the data files that plugins carry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from automl.plugin import ModelFamily, Params
from automl.plugin.learned import portfolio_path
from automl.plugin.portfolio_file import PortfolioFile, Size
from automl.storage import write_whole
from automl.version import VERSION
from benchmarks.portfolio.evidence import hours
from benchmarks.portfolio.judging import Lesson
from benchmarks.portfolio.records import Record


def made(suite: str, records: Sequence[Record], limits: Sequence[float]) -> dict[str, Any]:
    """Say from what portfolios were learned."""
    measured = [record for record in records if record.state != "declined"]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "engine": sorted({record.engine for record in measured} | {VERSION}),
        "suite": suite,
        "tables": sorted({record.table for record in measured}),
        "seeds": sorted({record.seed for record in measured}),
        "rows": max((record.rows for record in measured), default=0),
        "budgets": sorted({record.budget for record in measured}),
        "limits": sorted(limits),
        "trials": sum(record.state == "complete" for record in measured),
        "core_hours": round(hours(measured), 2),
        "machines": [json.loads(text) for text in sorted({json.dumps(dict(r.machine)) for r in measured})],
    }


def portfolio_files(
    lessons: Sequence[Lesson],
    sizes: Sequence[Size],
    records: Sequence[Record],
    families: Mapping[str, ModelFamily],
    about: Mapping[str, Any],
) -> dict[Path, PortfolioFile]:
    """Return what each plugin's file is to hold: the lessons that hold, family by family.

    Families outside packages, which have no place for a file, are left out.
    """
    params: dict[str, Params] = {record.key: record.config for record in records}
    contents: dict[Path, dict[str, dict[str, dict[str, tuple[Params, ...]]]]] = {}
    for lesson in lessons:
        for family, keys in lesson.portfolio.items() if lesson.holds else ():
            path = portfolio_path(families[family]) if family in families else None
            if path is not None:
                kinds = contents.setdefault(path, {}).setdefault(family, {})
                kinds.setdefault(lesson.kind.value, {})[lesson.size] = tuple(params[key] for key in keys)
    return {path: PortfolioFile(tuple(sizes), content, about) for path, content in contents.items()}


def write_file(path: Path, file: PortfolioFile) -> None:
    """Write a plugin's file, an entry a line, so that a change of one is seen as such."""
    content = file.to_json()
    entries: list[str] = []

    def placed(entry: Any) -> str:
        entries.append(json.dumps(entry))
        return f"<{len(entries) - 1}>"

    content["families"] = {
        family: {kind: {size: [placed(e) for e in of] for size, of in sizes.items()} for kind, sizes in kinds.items()}
        for family, kinds in sorted(content["families"].items())
    }
    text = json.dumps(content, indent=1)
    for number, entry in enumerate(entries):
        text = text.replace(f'"<{number}>"', entry, 1)
    write_whole(path, text + "\n")
