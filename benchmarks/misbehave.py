"""Fits beside families that hang, spin, leak, crash or lie: each alone, and all together.

Every fit has two healthy families beside the misbehaving ones, and must end within its limit with an ensemble of the
healthy. The plugin lies in `tests/misbehaving`, a distribution like any other.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "tests" / "misbehaving"
TABLE, TARGET = ROOT / "examples" / "breast_cancer.csv", "diagnosis"
HEALTHY = ("linear", "decision_tree")
DEEDS = ("hang", "spin", "leak", "segfault", "leave", "complain", "nan", "wrong_shape", "unsummed", "no_array")
SLOW_IMPORT = "slow_import"
CASES = (*((deed,) for deed in DEEDS), (SLOW_IMPORT,), (*DEEDS, SLOW_IMPORT))
MEMORY = "2GiB"


@dataclass(frozen=True)
class Outcome:
    """One fit: how it ended, what became of the misbehaving families, and what the ensemble is made of."""

    case: str
    code: int
    seconds: float
    limit: float
    reasons: tuple[str, ...]
    members: tuple[str, ...]
    cv_score: float | None
    error: str = ""

    @property
    def overrun(self) -> float:
        """Per cent over the limit, 0 within it."""
        return max(0.0, 100 * (self.seconds / self.limit - 1))

    @property
    def survived(self) -> bool:
        """Whether the fit left an ensemble of healthy families and of no others."""
        return self.code == 0 and bool(self.members) and set(self.members) <= set(HEALTHY)


def fit(case: Sequence[str], limit: float, folder: Path) -> Outcome:
    """Fit with these misbehaving families beside the healthy ones, by the command line, timed from outside."""
    # A plugin that was too slow brings no families, so none of it can be asked for.
    families = ",".join([*HEALTHY, *(deed for deed in case if deed != SLOW_IMPORT)])
    disabled = {} if SLOW_IMPORT in case else {"AUTOML_DISABLED_PLUGINS": "misbehaving_import"}
    environment = (
        os.environ | {"PYTHONPATH": os.pathsep.join([str(PLUGIN), os.environ.get("PYTHONPATH", "")])} | disabled
    )
    command = [
        sys.executable, "-c", "from automl.cli import main; main()", "fit", str(TABLE), "--target", TARGET,
        "--time-limit", f"{limit:g}", "--families", families, "--memory-limit", MEMORY, "--jobs", "2",
        "-o", str(folder), "--json", "--quiet",
    ]  # fmt: skip
    started = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    result = json.loads(done.stdout) if done.returncode == 0 else {}
    return Outcome(
        case=", ".join(case) if len(case) == 1 else "all together",
        code=done.returncode,
        seconds=round(seconds, 2),
        limit=limit,
        reasons=_reasons(folder, case),
        members=tuple(sorted({member["family"] for member in result.get("members", [])})),
        cv_score=result.get("cv_score"),
        error=done.stderr.strip().splitlines()[-1] if done.returncode and done.stderr.strip() else "",
    )


def _reasons(folder: Path, case: Sequence[str]) -> tuple[str, ...]:
    """Say what became of the misbehaving families' trials, from the run's journal."""
    journal = folder / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()] if journal.exists() else []
    counts = Counter(line["reason"].split(":")[0][:60] for line in lines if line["family"] in case)
    return tuple(f"{count} × {reason}" for reason, count in counts.most_common()) or ("never tried",)


def render(outcomes: Sequence[Outcome]) -> str:
    """Write the outcomes as a Markdown table."""
    lines = [
        "| family | what happened | seconds | limit | overrun % | members | score |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for o in outcomes:
        score = "–" if o.cv_score is None else f"{o.cv_score:.4f}"
        happened = o.error or "; ".join(o.reasons)
        cells = (o.case, happened, f"{o.seconds:.1f}", f"{o.limit:g}", f"{o.overrun:.1f}", ", ".join(o.members), score)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, make the fits, print the table; 1 where one did not survive."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.misbehave", description=__doc__)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds of each fit (20)")
    parser.add_argument("--out", type=Path, help="results, as JSON lines")
    parser.add_argument("--only", nargs="+", metavar="FAMILY", help="these alone; `all` for all together")
    options = parser.parse_args(arguments)
    outcomes = []
    for case in CASES:
        name = case[0] if len(case) == 1 else "all"
        if options.only and name not in options.only:
            continue
        with tempfile.TemporaryDirectory(prefix="misbehave-") as folder:
            outcomes.append(fit(case, options.limit, Path(folder) / "run"))
        print(json.dumps(asdict(outcomes[-1])), flush=True)
        if options.out is not None:
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(outcomes[-1])) + "\n")
    print(render(outcomes))
    return 0 if all(outcome.survived for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
