"""Peers live in virtual environments of their own: a recipe each in `peers/`, made by `python -m benchmarks peers`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

RECIPES = Path(__file__).with_name("peers")
FOLDER = RECIPES / "environments"


def python_of(name: str | None, folder: Path | None = None) -> str:
    """Return the interpreter of an environment, this one's for None."""
    if name is None:
        return sys.executable
    python = _python(folder or FOLDER, name)
    if not python.exists():
        raise SystemExit(
            f"no environment '{name}' in {folder or FOLDER}: make it with `python -m benchmarks peers {name}`,"
            f" or name an interpreter with --python {name}=PATH"
        )
    return str(python)


def requirements(name: str) -> list[str]:
    """Return the lines of a recipe in their order: each is a step of its own."""
    lines = (RECIPES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def recipes() -> list[str]:
    """Return the names of all recipes."""
    return sorted(path.stem for path in RECIPES.glob("*.txt"))


def install(name: str, folder: Path) -> None:
    """Make an environment and install its recipe, line by line."""
    venv.create(folder / name, with_pip=True)
    for requirement in requirements(name):
        subprocess.run([str(_python(folder, name)), "-m", "pip", "install", "--quiet", requirement], check=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and install."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks peers", description="Install the systems to compare.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(recipes())} (all)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where the environments go ({FOLDER.name})")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(recipes()))
    if unknown:
        raise SystemExit(f"no recipe for {', '.join(unknown)}: there are {', '.join(recipes())}")
    for name in options.names or recipes():
        install(name, options.folder)
        print(f"{name}  {_python(options.folder, name)}", flush=True)


def _python(folder: Path, name: str) -> Path:
    return folder / name / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
