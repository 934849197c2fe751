"""The trials of a run as rows, best first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from automl.errors import RunError
from automl.search.journal import read_records

RESULT = "result.json"


def read_leaderboard(run: Path) -> list[dict[str, Any]]:
    """Return one row a trial: trial, family, params, state, score, test_score, weight, seconds, reason.

    `score` is the cross-validated score in the metric's unit; `test_score` and `weight` are known for the members of
    the ensemble; `predict_seconds` is for one row in a batch. Trials without a score come last.
    """
    records = read_records(run)
    if not records:
        raise RunError(f"no trials in '{run}': it is no run folder; give the folder that `automl fit -o` named")
    result: dict[str, Any] = {}
    if (run / RESULT).is_file():
        result = json.loads((run / RESULT).read_text(encoding="utf-8"))
    best = result.get("best_value", 1.0) if result.get("greater_is_better") else None
    members = {member["number"]: member for member in result.get("members", [])}
    ranked = sorted(records, key=lambda r: (r.error is None, r.error or 0.0, r.number))
    rows = []
    for record in ranked:
        member = members.get(record.number, {})
        score = record.error
        if score is not None and best is not None:
            score = best - score
        rows.append(
            {
                "trial": record.number,
                "family": record.family,
                "params": dict(record.params),
                "state": record.state,
                "score": score,
                "test_score": member.get("test_score"),
                "weight": member.get("weight"),
                "fit_seconds": record.seconds,
                "predict_seconds": record.predict_seconds,
                "reason": record.reason,
            }
        )
    return rows
