"""How much memory there is, what was asked for, and what processes hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from automl.cli.main import run
from automl.engine import run_fit
from automl.errors import OptionError, RunError
from automl.memory import (
    MemoryLimit,
    Meter,
    _left_in_cgroups,
    as_size,
    available_bytes,
    own_bytes,
    parse_limit,
    peak_bytes,
    reset_peak,
)
from automl.options import FitOptions
from tests.conftest import mixed_frame

MIB = 2**20


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("8GiB", MemoryLimit(8 * 2**30)),
        ("1.5 gib", MemoryLimit(3 * 2**29)),
        ("2GB", MemoryLimit(2 * 10**9)),
        ("500m", MemoryLimit(5 * 10**8)),
        ("1073741824", MemoryLimit(2**30)),
        ("50%", MemoryLimit(share=0.5)),
    ],
)
def test_limits_are_sizes_or_shares(text, limit):
    assert parse_limit(text) == limit


@pytest.mark.parametrize("text", ["", "lots", "8 GiBs", "0%", "120%", "-1GiB", "10MiB", "1e9"])
def test_limits_that_cannot_be_are_one_clear_sentence(text):
    with pytest.raises(OptionError, match="memory limit"):
        FitOptions("label", memory_limit=text)


def test_a_share_is_of_what_is_available():
    assert parse_limit("50%").bytes_of(4 * 2**30) == 2 * 2**30
    assert parse_limit("1GiB").bytes_of(4 * 2**30) == 2**30


def test_sizes_are_written_as_people_read_them():
    assert (as_size(5 * 2**29), as_size(300 * MIB)) == ("2.5 GiB", "300 MiB")


def cgroup(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")


def left(tmp_path: Path, membership: str) -> list[int]:
    (tmp_path / "membership").write_text(membership)
    return list(_left_in_cgroups(tmp_path / "membership", tmp_path / "fs"))


def test_version_2_control_groups_count_with_their_parents_and_without_what_can_be_given_up(tmp_path):
    cgroup(tmp_path / "fs" / "a", memory__max=1000, memory__current=700, memory__stat="anon 400\ninactive_file 300")
    cgroup(tmp_path / "fs" / "a" / "b", memory__max="max", memory__current=100)
    assert left(tmp_path, "0::/a/b\n") == [600]


def test_version_1_control_groups(tmp_path):
    root = tmp_path / "fs" / "memory"
    cgroup(root / "job", memory__limit_in_bytes=5000, memory__usage_in_bytes=2000)
    cgroup(root, memory__limit_in_bytes=9223372036854771712, memory__usage_in_bytes=1)
    assert left(tmp_path, "5:cpu,cpuacct:/job\n4:memory:/job\n0::/\n") == [3000]


def test_in_a_container_the_group_itself_is_at_the_root(tmp_path):
    cgroup(tmp_path / "fs", memory__max=800, memory__current=200)
    assert left(tmp_path, "0::/docker/3f2a\n") == [600]


def test_without_control_groups_the_machine_counts(tmp_path):
    assert list(_left_in_cgroups(tmp_path / "absent", tmp_path)) == []
    assert 0 < available_bytes() < 2**50


def test_the_meter_counts_descendants_and_forgives_the_dead():
    child = "x = b'x' * 10**8; print(1, flush=True); input()"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    assert Meter().resident([process.pid])[process.pid] > 10**8
    process.communicate(b"\n")
    assert Meter().resident([process.pid, os.getpid()])[process.pid] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process reset its peak")
def test_a_peak_is_of_the_time_since_its_reset():
    hoard = np.ones(2**24)
    high = peak_bytes()
    del hoard
    reset_peak()
    assert own_bytes() <= peak_bytes() < high - 64 * MIB


def test_a_limit_that_the_table_alone_fills_is_refused(tmp_path):
    options = FitOptions("label", output=tmp_path / "run", trials=1, backend="inline", memory_limit="256MiB")
    hoard = np.ones(2**25)  # the table of somebody who has more data than memory
    with pytest.raises(RunError, match="--memory-limit"):
        run_fit(mixed_frame(), options)
    assert len(hoard)


def test_the_command_line_takes_the_limit(tmp_path, capsys):
    table = tmp_path / "table.csv"
    mixed_frame().to_csv(table, index=False)
    assert run(["fit", str(table), "--target", "label", "--memory-limit", "much"]) == 2
    assert "8GiB or 50%" in capsys.readouterr().err
