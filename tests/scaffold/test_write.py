from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from automl.errors import OptionError
from automl.plugin import API_VERSION
from automl.scaffold import Names, files, write

NAMES = Names.of("two-words")


def test_no_trace_of_the_template_is_left():
    for path, text in files(NAMES).items():
        assert "hello" not in (path + text).lower()


def test_code_keeps_to_the_length_of_a_line_with_the_longest_name():
    for path, text in files(Names.of("x" * 40)).items():
        assert path.endswith(".md") or all(len(line) <= 120 for line in text.splitlines()), path


def test_the_papers_are_complete():
    texts = files(NAMES)
    project = tomllib.loads(texts["pyproject.toml"])
    assert project["project"]["name"] == "automl-two-words"
    assert project["project"]["entry-points"]["automl"] == {"two_words": "automl_two_words"}
    assert texts.keys() >= {"README.md", "LICENSE", ".gitignore", ".github/workflows/test.yml"}


def test_it_says_which_contract_it_was_written_for():
    assert f'AUTOML_API_VERSION = "{API_VERSION}"' in files(NAMES)["src/automl_two_words/__init__.py"]


def test_nothing_is_overwritten(tmp_path: Path):
    folder = write(NAMES, tmp_path)
    with pytest.raises(OptionError, match="already there"):
        write(NAMES, tmp_path)
    with pytest.raises(OptionError, match="does not exist"):
        write(NAMES, folder / "nowhere")


def test_what_is_written_installs_and_passes_its_own_tests(tmp_path: Path):
    folder, site = write(NAMES, tmp_path), tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(folder)], check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        check=False,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
    assert "skipped" not in done.stdout
