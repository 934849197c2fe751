"""`automl plugin new` as an author meets it."""

from __future__ import annotations

import pytest

from automl.cli.main import run


def test_new_writes_a_folder_and_says_what_to_do_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["plugin", "new", "gaussian-process"]) == 0
    told = capsys.readouterr().out
    assert "python -m pip install -e 'automl-gaussian-process[test]'" in told
    assert "automl-gaussian-process/src/automl_gaussian_process/family.py" in told
    assert (tmp_path / "automl-gaussian-process" / "pyproject.toml").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new", "linear"], "choose another name"),
        (["new", "7up"], "must be words"),
        (["new", "mine", "--into", "nowhere"], "'nowhere' does not exist"),
        (["new"], "Missing argument"),
        (["nwe"], "Did you mean 'new'"),
    ],
)
def test_errors_are_one_line_and_exit_code_two(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["plugin", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert message in told


def test_without_a_subcommand_it_shows_its_help(capsys):
    assert run(["plugin"]) == 0
    assert "new" in capsys.readouterr().out
