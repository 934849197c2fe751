"""How busy cores are: by phase, over time, and in processes that leave their session."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import busy
from benchmarks.charts import log_log_svg, timeline_svg
from benchmarks.watch import Sample, Watch, members


def test_what_a_command_starts_in_another_session_belongs_to_it() -> None:
    child = "import time; time.sleep(60)"
    code = (
        "import subprocess, sys\n"
        f"p = subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)\n"
        "print(p.pid, flush=True)\np.wait()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    other = int(process.stdout.readline())
    try:
        assert members(process.pid) == sorted([process.pid, other])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        subprocess.run(["kill", "-9", str(other)], check=True)


def test_a_watch_keeps_what_was_used_over_time() -> None:
    code = "import time\nend = time.process_time() + .2\nwhile time.process_time() < end: pass\ntime.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    with Watch(process.pid, period=0.02) as watch:
        limit = time.monotonic() + 30
        while time.monotonic() < limit and (watch.usage.cpu_seconds or 0) < 0.2:
            time.sleep(0.02)
        process.kill()
        process.wait()
    used = [sample.cpu_seconds for sample in watch.samples]
    assert used == sorted(used)
    assert used[-1] == pytest.approx(0.2, abs=0.15)
    assert all(sample.leader_seconds <= sample.cpu_seconds for sample in watch.samples)


SAMPLES = [Sample(100.0, 0.0, 0.0), Sample(102.0, 2.0, 2.0), Sample(110.0, 18.0, 3.0), Sample(112.0, 19.0, 4.0)]


def test_shares_are_of_all_cores_and_by_phase() -> None:
    begins = [("starting", 100.0), ("searching", 102.0), ("saving", 110.0)]
    starting, searching, saving = busy.shares(SAMPLES, begins, 112.0, cores=2)
    assert (starting.busy, searching.busy, saving.busy) == (0.5, 1.0, 0.25)
    assert (starting.coordinator, searching.coordinator) == (0.5, pytest.approx(1 / 16))
    assert (searching.start, searching.seconds) == (2.0, 8.0)


def test_a_phase_between_two_samples_gets_its_share_of_them() -> None:
    first, second = busy.shares(SAMPLES, [("a", 102.0), ("b", 106.0)], 110.0, cores=2)
    assert first.busy == second.busy == 1.0


def test_the_timeline_has_the_share_since_the_sample_before() -> None:
    assert busy.timeline(SAMPLES, 2) == [(2.0, 0.5), (10.0, 1.0), (12.0, 0.25)]


def test_phases_are_read_from_the_log() -> None:
    log = "\n".join(
        json.dumps(line)
        for line in (
            {"time": 5.5, "elapsed": 0.0, "event": "phase", "name": "reading", "detail": ""},
            {"time": 5.6, "elapsed": 0.1, "event": "note", "text": "…"},
            {"time": 7.0, "elapsed": 1.5, "event": "phase", "name": "searching", "detail": ""},
        )
    )
    assert busy.phases_of(log, 5.0) == [("starting", 5.0), ("reading", 5.5), ("searching", 7.0)]


def test_the_page_sets_off_a_search_that_is_busy_enough(tmp_path: Path) -> None:
    phases = busy.shares(SAMPLES, [("starting", 100.0), ("searching", 102.0)], 112.0, cores=2)
    result = busy.Result("t", 60.0, 0, 2, 12.0, phases, busy.timeline(SAMPLES, 2), "", {"cpu": "a machine"})
    assert "| t-60s-0 | starting | 2.0 | 50% | 50% |" in busy.page([result])
    assert "a machine, 2 cores" in busy.page([result])
    drawing = busy.write_timeline(result, tmp_path / "busy.jsonl")
    assert drawing.name == "busy-t-60s-0.svg"
    assert "searching" in drawing.read_text()


def test_charts_are_drawings() -> None:
    lines = {"a <b>": [(1000.0, 0.5), (1_000_000.0, 90.0)], "nothing": [(0.0, 1.0)]}
    for chart in (
        log_log_svg("Seconds", ("rows", "seconds"), lines),
        log_log_svg("Seconds", ("rows", "seconds"), {}),
        timeline_svg("Busy", [(1.0, 0.5), (2.0, 1.0)], [("starting", 0.0), ("searching", 1.0)], 2.0),
        timeline_svg("Busy", [], [], 0.0),
    ):
        assert ET.fromstring(chart).tag.endswith("svg")
    assert "a &lt;b&gt;" in log_log_svg("Seconds", ("rows", "seconds"), lines)
