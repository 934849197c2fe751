"""The page on the command line has every command and every option, and none that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from automl.cli.main import build_app
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (automl [^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def commands(command: Any, name: str = "automl") -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None or command.invoke_without_command:
        yield name, command
    for child in (children or {}).values():
        yield from commands(child, f"{name} {child.name}")


COMMANDS = {name: command for name, command in commands(typer.main.get_command(build_app())) if name != "automl"}


def test_every_command_has_a_section():
    assert {name for name in COMMANDS if name != "automl plugin"} == set(SECTIONS)


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_every_option_is_there(name):
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("--")}
    rows = [line.split("|")[1] for line in SECTIONS[name].splitlines() if line.startswith("| `-")]
    listed = {option for row in rows for option in re.findall(r"`(--[a-z-]+)`", row)}
    assert listed == options - {"--help"}
