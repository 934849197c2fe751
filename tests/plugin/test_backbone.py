"""Who gets a checkpoint that the user named, and what is refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.cli.main import run
from automl.errors import OptionError
from automl.options import FitOptions
from automl.plugin import Backbone, Model, ModelFamily, Params, Profile, Role, Suggest, Task
from automl.plugin.backbone import check_needed, equip
from automl.runfolder import store, stored
from tests.conftest import mixed_frame


class Reader(ModelFamily):
    """Starts from folders that hold a file of its own name."""

    def __init__(self, name: str, found: tuple[Backbone, ...] = ()) -> None:
        self.name = name  # type: ignore[misc]
        self.found = found

    def with_backbone(self, folder: Path) -> Reader | None:
        if not (folder / self.name).exists():
            return None
        return Reader(self.name, (*self.found, Backbone(folder, Role.TEXT, "tiny")))

    def backbones(self) -> tuple[Backbone, ...]:
        return self.found

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        return [{}]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        return {}

    def build(self, params: Params, task: Task, seed: int) -> Model:
        raise NotImplementedError

    def load(self, folder: Path) -> Model:
        raise NotImplementedError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "alpha").write_text("weights")
    return tmp_path


KNOWN = {name: Reader(name) for name in ("alpha", "beta", "gamma")}


def test_those_that_read_it_get_it(folder: Path) -> None:
    (folder / "beta").write_text("weights")
    families = equip(KNOWN, KNOWN, [folder], [])
    assert {name: [one.folder for one in family.backbones()] for name, family in families.items()} == {
        "alpha": [folder], "beta": [folder], "gamma": [],
    }  # fmt: skip
    assert not KNOWN["alpha"].backbones(), "a family keeps no state"


def test_a_second_one_is_added_to_the_first(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "alpha").write_text("more weights")
    families = equip(KNOWN, KNOWN, [folder, other], [])
    assert [one.folder for one in families["alpha"].backbones()] == [folder, other]


@pytest.mark.parametrize("name", ["nowhere", "alpha"])
def test_it_must_be_a_folder(folder: Path, name: str) -> None:
    with pytest.raises(OptionError, match=f"{name}' must be a folder .* name one on this disk"):
        equip(KNOWN, KNOWN, [folder / name], [])


def test_a_folder_that_nobody_reads_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"is no checkpoint .*config\.json.*; the plugin 'p' is unavailable"):
        equip(KNOWN, KNOWN, [tmp_path], ["the plugin 'p' is unavailable: pip install p"])


def test_one_for_families_that_take_no_part_is_refused(folder: Path) -> None:
    with pytest.raises(OptionError, match=r"is for alpha, of which none takes part: .*--families"):
        equip(KNOWN, {"beta": KNOWN["beta"]}, [folder], [])


def test_one_for_columns_that_are_not_there_is_refused(folder: Path) -> None:
    families = equip(KNOWN, KNOWN, [folder], [])
    check_needed(families.values(), Profile(10, 2, ((Role.TEXT, 1),)))
    with pytest.raises(OptionError, match=r"\(tiny\) reads columns of text.*--role COLUMN=text"):
        check_needed(families.values(), Profile(10, 2, ((Role.NUMERIC, 1),)))


def test_the_command_line_says_so_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mixed_frame(40).to_csv("people.csv", index=False)
    assert run(["fit", "people.csv", "--target", "label", "-o", "run", "--backbone", "nowhere"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: the backbone 'nowhere' must be a folder")
    assert told.count("\n") == 1
    assert not Path("run").exists()


def test_a_run_remembers_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store(tmp_path, tmp_path / "people.csv", "0", FitOptions("label", backbones=(Path("weights"),)))
    assert stored(tmp_path).options.backbones == (tmp_path / "weights",)
