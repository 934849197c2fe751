"""What models have in common is on disk once: in the run, in the saved model, and when that is saved again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.artifact import load_artifact
from automl.engine import run_fit
from automl.errors import ArtifactError
from automl.options import FitOptions
from automl.plugin import Shelf
from automl.plugin.registry import Registry, discover
from automl.saving import save_fitted
from automl.search.journal import read_records
from automl.search.log_target import LOG_TARGET
from automl.shelf import SHELF
from tests.conftest import mixed_frame
from tests.testing.good import Good, GoodModel

NAME = "common-0123.txt"


class SharingModel(GoodModel):
    """It needs a file that all models of its family share."""

    common = "what they all know"

    def save_beside(self, folder: Path, shelf: Shelf) -> None:
        self.save(folder)
        shelf.put(NAME, self.write)

    def write(self, path: Path) -> None:
        path.write_text(self.common)


class Sharing(Good):
    name = "sharing"
    model = SharingModel

    def load_beside(self, folder: Path, shelf: Shelf) -> GoodModel:
        model: Any = self.load(folder)
        model.common = shelf.get(NAME).read_text()
        return model  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = discover()
    return replace(found, families={**found.families, "sharing": Sharing()})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    options = FitOptions(
        "label", output=folder, trials=3, families=("sharing", "decision_tree"), extra_families=(Sharing(),),
        folds=3, backend="inline",
    )  # fmt: skip
    run_fit(mixed_frame(120), options)
    return folder


def files(folder: Path) -> list[str]:
    return [path.name for path in sorted((folder / SHELF).iterdir())]


def test_a_file_is_written_once(tmp_path: Path) -> None:
    written: list[Path] = []

    def write(path: Path) -> None:
        written.append(path)
        path.write_text("all of it")

    for _ in range(2):
        shelf = Shelf(tmp_path / "here")
        shelf.put(NAME, write)
        assert shelf.used == (NAME,)
        assert shelf.get(NAME).read_text() == "all of it"
    assert len(written) == 1
    assert [path.name for path in (tmp_path / "here").iterdir()] == [NAME]


def test_what_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_text("half of it")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        Shelf(tmp_path).put(NAME, write)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "Upper", "a" * 121, "nul\0"])
def test_names_stay_inside_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        Shelf(tmp_path).put(name, SharingModel.write)
    with pytest.raises(ArtifactError, match="missing"):
        Shelf(tmp_path).get(name)


def test_links_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("secret")
    (tmp_path / NAME).symlink_to(tmp_path / "other")
    with pytest.raises(ArtifactError, match="missing"):
        Shelf(tmp_path).get(NAME)


def test_a_run_and_its_model_have_it_once(run: Path, registry: Registry) -> None:
    models = [model for record in read_records(run) if record.family == "sharing" for model in record.models]
    assert len(models) >= 3
    assert {model.shared for model in models} == {(NAME,)}
    assert files(run) == files(run / "model") == [NAME]
    fitted = load_artifact(run / "model", registry)
    shared = [model for member in fitted.members for model, _ in member.models if isinstance(model, SharingModel)]
    assert [model.common for model in shared] == [SharingModel.common] * len(shared)


def test_models_of_logarithms_have_it_too(registry: Registry, tmp_path: Path) -> None:
    table = mixed_frame(120).assign(price=np.exp(2 * np.random.default_rng(0).normal(size=120)))
    options = FitOptions(
        "price", output=tmp_path / "run", trials=2, families=("sharing",), extra_families=(Sharing(),), folds=3,
        backend="inline",
    )  # fmt: skip
    run_fit(table, options)
    models = {record.params[LOG_TARGET]: record.models for record in read_records(tmp_path / "run")}
    assert {(flag, model.shared) for flag in models for model in models[flag]} == {(False, (NAME,)), (True, (NAME,))}
    fitted = load_artifact(tmp_path / "run" / "model", registry)
    save_fitted(fitted, tmp_path / "again")
    again = load_artifact(tmp_path / "again", registry)
    assert files(tmp_path / "again") == [NAME]
    assert again.predict(table).tobytes() == fitted.predict(table).tobytes()


def test_a_model_saved_again_takes_it_along(run: Path, registry: Registry, tmp_path: Path) -> None:
    fitted = load_artifact(run / "model", registry)
    save_fitted(fitted, tmp_path / "again")
    assert files(tmp_path / "again") == [NAME]
    rows = mixed_frame(20, seed=3)
    again = load_artifact(tmp_path / "again", registry)
    assert again.predict_proba(rows).tobytes() == fitted.predict_proba(rows).tobytes()


def test_without_it_the_model_is_refused(run: Path, registry: Registry, tmp_path: Path) -> None:
    save_fitted(load_artifact(run / "model", registry), tmp_path / "again")
    (tmp_path / "again" / SHELF / NAME).unlink()
    with pytest.raises(ArtifactError, match="listed in the manifest but not there"):
        load_artifact(tmp_path / "again", registry)
