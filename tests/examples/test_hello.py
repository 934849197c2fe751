"""The example plugin is what `automl plugin new hello` writes, and nothing else."""

from __future__ import annotations

import subprocess

from automl.scaffold import Names, files
from tests.conftest import ROOT

FOLDER = ROOT / "examples" / "automl-hello"
LEFT_BEHIND = {"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", "dist"}


def test_it_is_in_step_with_the_template():
    found = {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in FOLDER.rglob("*")
        if path.is_file() and not LEFT_BEHIND & set(path.parts)
    }
    assert found == files(Names.of("hello"))


def test_git_carries_every_file():
    listed = subprocess.run(["git", "ls-files", "."], cwd=FOLDER, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:  # not in a checkout without git
        assert set(listed.stdout.split()) == set(files(Names.of("hello")))
