"""A reader who does what a page says: a folder with the example tables, an environment, and a Python session.

Two things differ from what the page says, so that the suite is quick and needs no network: a search with a time limit
ends after a few trials, and pip installs without dependencies and without fetching build tools.
"""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import tomllib
import types
import venv
from collections.abc import Iterator
from pathlib import Path

from tests.docs.blocks import Block

_SHELL_LIMIT = re.compile(r"--time-limit \d+")
_PYTHON_LIMIT = re.compile(r"time_limit=\d+")
_TRIALS = 6
_SCRIPTS = {"automl": "automl.cli", "pytest": "pytest"}
_PIP = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


class Reader:
    """Follows the blocks of one page in order; what does not work raises `AssertionError` with the place."""

    def __init__(self, folder: Path, environment: Path) -> None:
        self._folder = folder
        self._variables = os.environ | _PIP | {"PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        self._session = types.ModuleType("__main__")

    def follow(self, block: Block) -> None:
        """Do what a block asks for; the current folder must be the reader's."""
        if block.not_run:
            return
        if block.title:
            target = self._folder / block.title
            assert target.parent.is_dir(), f"{block}: writes into {block.title}, whose folder is not there"
            target.write_text(block.text, encoding="utf-8")
            return
        match block.language:
            case "bash":
                self._run(block, _SHELL_LIMIT.sub(rf"\g<0> --trials {_TRIALS}", block.text))
            case "python":
                text = _PYTHON_LIMIT.sub(rf"\g<0>, trials={_TRIALS}", block.text)
                # Blank lines before the code make the line numbers of a traceback those of the page.
                exec(compile("\n" * (block.line - 1) + text, str(block.page), "exec"), self._session.__dict__)
            case "toml":
                tomllib.loads(block.text)
            case "json":
                json.loads(block.text)
            case "text":
                pass
            case other:
                raise AssertionError(f"{block}: say what the block is ('{other}' is not known): bash, python, text, …")

    def _run(self, block: Block, text: str) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self._folder,
            env=self._variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{block}: {text}\n{done.stdout}\n{done.stderr}"


def make_environment(folder: Path) -> Path:
    """Make a virtual environment that sees what this one has installed, so that it costs no time and no network."""
    venv.create(folder, symlinks=True)
    home = next(folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages")
    lines = [f"import site; site.addsitedir({path!r})" for path in _site_packages()]
    (home / "outer.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, module in _SCRIPTS.items():
        script = folder / "bin" / name
        script.write_text(f"#!{folder}/bin/python\nimport sys\nfrom {module} import main\nsys.exit(main())\n")
        script.chmod(0o755)
    return folder


def _site_packages() -> Iterator[str]:
    known = {*site.getsitepackages(), site.getusersitepackages()}
    yield from (path for path in sys.path if path in known or path.endswith(("site-packages", "dist-packages")))
