"""How busy the cores are through each phase of a fit, sampled from outside.

    python -m benchmarks.busy --suite PATH/suite.json --only adult,credit_g --budget 60 --out busy.jsonl

Every process of the fit is looked at four times a second; phases are those that `run.log` tells. Results are JSON
lines; a table in Markdown and a timeline a fit land beside them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.charts import timeline_svg
from benchmarks.grid import Grid
from benchmarks.results import machine
from benchmarks.run import names
from benchmarks.splits import Entry, load_suite
from benchmarks.systems.automl_cli import find_executable
from benchmarks.systems.base import patience, timed_command
from benchmarks.watch import Sample

WANTED = 0.9
"""The share of the cores that a search should keep busy."""
SEARCHING = "searching"


@dataclass(frozen=True)
class Phase:
    """A phase: when it began, in seconds since the start of the process, how long it took, and the share of the cores
    that were `busy`, in [0, 1]; `coordinator` is the part of it that was not the workers'."""

    name: str
    start: float
    seconds: float
    busy: float
    coordinator: float


@dataclass(frozen=True)
class Result:
    """One fit; `timeline` are pairs of seconds since the start and the share of the cores that was busy until then."""

    table: str
    budget: float
    seed: int
    cores: int
    seconds: float
    phases: Sequence[Phase]
    timeline: Sequence[tuple[float, float]]
    started: str
    machine: dict[str, str | int]

    @property
    def name(self) -> str:
        """Say which fit it was, in a word that a file can be called."""
        return f"{self.table}-{self.budget:g}s-{self.seed}"


def measure(entry: Entry, budget: float, seed: int, options: Sequence[str] = ()) -> Result:
    """Fit once, watched."""
    about = machine()
    with tempfile.TemporaryDirectory(prefix="busy-") as folder:
        run = Path(folder) / "run"
        command = [
            find_executable(), "fit", str(entry.path), "--target", entry.target, "--task", entry.task,
            "--metric", entry.metric, "--time-limit", f"{budget:g}", "--seed", str(seed), "-o", str(run), "--quiet",
            *options,
        ]  # fmt: skip
        at, started = datetime.now(UTC).isoformat(timespec="seconds"), time.time()
        ran = timed_command(command, Path(folder), patience(budget))
        begins = phases_of((run / "run.log").read_text(encoding="utf-8"), started)
    cores = int(about["cores"])
    samples = [Sample(started, 0.0, 0.0), *ran.samples]
    end = max(started + ran.seconds, samples[-1].at)
    return Result(
        entry.name, budget, seed, cores, round(ran.seconds, 2), shares(samples, begins, end, cores),
        timeline(samples, cores), at, about,
    )  # fmt: skip


def phases_of(log: str, started: float) -> list[tuple[str, float]]:
    """Return names and beginnings, in seconds since 1970, of the phases in a `run.log`; start-up is the first."""
    lines = [json.loads(text) for text in log.splitlines()]
    told = [(line["name"], line["time"]) for line in lines if line["event"] == "phase"]
    return [("starting", started), *told]


def shares(samples: Sequence[Sample], begins: Sequence[tuple[str, float]], end: float, cores: int) -> list[Phase]:
    """Return what share of the cores was busy in each phase; between samples the use is taken to be even."""
    at = [sample.at for sample in samples]
    edges = np.array([*(time_ for _, time_ in begins), end])
    every = np.interp(edges, at, [sample.cpu_seconds for sample in samples])
    leader = np.interp(edges, at, [sample.leader_seconds for sample in samples])
    found = []
    for i, (name, begin) in enumerate(begins):
        seconds = max(float(edges[i + 1] - begin), 1e-9)
        busy, own = (float(used[i + 1] - used[i]) / (seconds * cores) for used in (every, leader))
        found.append(Phase(name, round(begin - begins[0][1], 2), round(seconds, 2), round(busy, 4), round(own, 4)))
    return found


def timeline(samples: Sequence[Sample], cores: int) -> list[tuple[float, float]]:
    """Return the share of the cores that was busy up to each sample since the one before."""
    points = []
    for before, sample in pairwise(samples):
        used = (sample.cpu_seconds - before.cpu_seconds) / max((sample.at - before.at) * cores, 1e-9)
        points.append((round(sample.at - samples[0].at, 2), round(used, 3)))
    return points


def page(results: Sequence[Result]) -> str:
    """Write the shares as a table in Markdown, one row a phase; what a search wastes is set off."""
    rows, good = [], set()
    for result in results:
        for phase in result.phases:
            if phase.name == SEARCHING and phase.busy >= WANTED:
                good.add((len(rows), 3))
            rows.append(
                [result.name, phase.name, f"{phase.seconds:.1f}", f"{phase.busy:.0%}", f"{phase.coordinator:.0%}"]
            )
    head = ["fit", "phase", "seconds", "cores busy", "of which the coordinator"]
    machines = sorted({f"{r.machine.get('cpu')}, {r.cores} cores" for r in results})
    notes = "".join(f"- {name}\n" for name in machines)
    return f"{Grid('Cores busy', head, rows, frozenset(good)).markdown()}\n{notes}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, fit, and write the page and the timelines."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.busy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite", type=Path, required=True, help="suite.json: the tables")
    parser.add_argument("--only", type=names, default=["adult", "credit_g"], help="tables (adult,credit_g)")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds a fit may take (60)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("busy.jsonl"), help="results, as JSON lines")
    parser.add_argument("options", nargs="*", help="options for every fit, after --")
    options = parser.parse_args(arguments)
    entries = {entry.name: entry for entry in load_suite(options.suite)}
    if missing := set(options.only) - entries.keys():
        raise SystemExit(f"not in the suite: {', '.join(sorted(missing))}")
    results = []
    for name in options.only:
        results.append(measure(entries[name], options.budget, options.seed, options.options))
        with options.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(results[-1])) + "\n")
        write_timeline(results[-1], options.out)
    text = page(results)
    options.out.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


def write_timeline(result: Result, out: Path) -> Path:
    """Draw a fit beside the results."""
    begins: list[tuple[str, Any]] = [(phase.name, phase.start) for phase in result.phases]
    title = f"{result.table}, {result.budget:g} s: share of {result.cores} cores that is busy"
    path = out.with_name(f"{out.stem}-{result.name}.svg")
    path.write_text(timeline_svg(title, result.timeline, begins, result.seconds), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
