"""The model folder: whole, checked, and data only."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.artifact import load_artifact
from automl.artifact_files import MANIFEST
from automl.engine import load, run_fit
from automl.errors import ArtifactError, PluginError
from automl.manifest import FORMAT, find_artifact, read_manifest
from automl.options import FitOptions
from automl.plugin.registry import Registry, discover
from automl.saving import save_fitted
from tests.conftest import mixed_frame


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    run_fit(mixed_frame(200), FitOptions("label", output=folder, trials=9, time_limit=None, backend="inline"))
    return folder / "model"


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "model"))


def test_the_manifest_describes_the_model(model):
    manifest = read_manifest(model)
    assert manifest["format"] == 1
    assert manifest["metric"] == {"name": "roc_auc", "greater_is_better": True}
    assert manifest["libraries"]["numpy"] == np.__version__
    assert 0.5 < manifest["cv_score"] <= 1
    assert 0.5 < manifest["test_score"] <= 1
    assert manifest["data"]["rows"] == 170
    assert manifest["test"]["rows"] == 30
    assert len(manifest["test"]["hash"]) == len(manifest["data"]["hash"]) == 32
    assert {member["plugin"]["distribution"] for member in manifest["members"]} == {"automl-engine"}
    on_disk = {p.relative_to(model).as_posix() for p in model.rglob("*") if p.is_file()}
    assert on_disk == {MANIFEST, *manifest["files"]}


def test_no_file_is_a_pickle(model):
    for path in model.rglob("*"):
        assert path.suffix not in {".pkl", ".pickle", ".joblib"}
        if path.is_file():
            assert not path.read_bytes().startswith(b"\x80")


def test_a_model_in_memory_saves_to_the_same_predictions(model, tmp_path):
    fitted, frame = load(model), mixed_frame(30, seed=8)
    save_fitted(fitted, tmp_path / "again")
    assert load(tmp_path / "again").predict_proba(frame).tobytes() == fitted.predict_proba(frame).tobytes()
    with pytest.raises(ArtifactError, match="not empty"):
        save_fitted(fitted, tmp_path / "again")


def test_a_run_folder_means_its_model(trained):
    assert find_artifact(trained.parent) == trained


def test_places_without_a_model_are_named(tmp_path):
    with pytest.raises(ArtifactError, match="does not exist"):
        load(tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match="holds no manifest"):
        load(tmp_path)


def test_a_changed_file_is_refused(model):
    victim = next(iter(sorted((model / "members").rglob("*.*"))))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(bytes(content))
    with pytest.raises(ArtifactError, match="SHA-256"):
        load(model)


def test_a_missing_file_is_named(model):
    (model / "output.npz").unlink()
    with pytest.raises(ArtifactError, match=r"output\.npz"):
        load(model)


def change(model: Path, edit) -> None:
    manifest = json.loads((model / MANIFEST).read_text())
    edit(manifest)
    (model / MANIFEST).write_text(json.dumps(manifest))


def test_a_planted_pickle_is_refused_and_not_run(model, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    (model / "members" / "extra.pkl").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ArtifactError, match="does not list"):
        load(model)
    (model / "members" / "extra.pkl").unlink()
    # In the place of every file in turn, with a checksum that fits.
    import hashlib

    for name in read_manifest(model)["files"]:
        original = (model / name).read_bytes()
        (model / name).write_bytes(pickle.dumps(Bomb()))
        digest = hashlib.sha256(pickle.dumps(Bomb())).hexdigest()
        change(model, lambda manifest, name=name, digest=digest: manifest["files"].update({name: digest}))
        with pytest.raises(ArtifactError):
            load(model)
        (model / name).write_bytes(original)
        digest = hashlib.sha256(original).hexdigest()
        change(model, lambda manifest, name=name, digest=digest: manifest["files"].update({name: digest}))
    assert not (tmp_path / "exploded").exists()
    load(model)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m.update(format=99, engine="9.9"), r"format 99 by automl-engine 9\.9"),
        (lambda m: m.update(format="one"), "no version number"),
        (lambda m: m.update(format=True), "no version number"),
        (lambda m: m.update(members=[]), "no members"),
        (lambda m: m["members"].append(m["members"][0]), "same number"),
        (lambda m: m["members"][0].update(weight=1e308), "weights"),
        (lambda m: m["members"][0].update(weight=float("nan")), "NaN"),
        (lambda m: m["task"]["fields"].update(labels=["high"]), "labels"),
        (lambda m: m["task"]["fields"].update(labels=["a", "b", "c"]), "finite numbers"),
        (lambda m: m["schema"]["fields"]["columns"].pop(0), "fit together"),
        (lambda m: m["files"].update({"x" * 3000: "0"}), "not there"),
        (lambda m: m["files"].update({next(iter(m["files"])): 5}), "lists no files"),
        (lambda m: m.pop("files"), "lists no files"),
        (lambda m: m.pop("members"), "damaged"),
        (lambda m: m.update(schema=[]), "damaged"),
        (lambda m: m["files"].update({"../outside": "0"}), "outside the model folder"),
        (lambda m: m["members"][0]["models"][0].update(folder="/etc"), "outside the model folder"),
        (lambda m: m["members"][0]["models"][0].update(encoder="encoders/none.npz"), "does not list"),
    ],
)
def test_a_damaged_manifest_is_one_clear_error(model, edit, message):
    change(model, edit)
    with pytest.raises(ArtifactError, match=message):
        load(model)


def test_links_are_refused(model, tmp_path):
    outside = tmp_path / "outside.npz"
    shutil.move(model / "output.npz", outside)
    (model / "output.npz").symlink_to(outside)
    with pytest.raises(ArtifactError, match="not a plain file"):
        load(model)


def test_a_linked_folder_is_not_followed(model, tmp_path):
    shutil.move(model / "encoders", tmp_path / "encoders")
    (model / "encoders").symlink_to(tmp_path / "encoders")
    with pytest.raises(ArtifactError, match="does not list"):
        load(model)
    change(model, lambda m: m["files"].update(encoders="0"))
    with pytest.raises(ArtifactError, match="encoders"):
        load(model)


def test_a_manifest_of_brackets_is_one_clear_error(model):
    (model / MANIFEST).write_text("[" * 200_000)
    with pytest.raises(ArtifactError, match="cannot be read"):
        load(model)


FORMATS = sorted((Path(__file__).parent / "formats").glob("format_*"))


@pytest.mark.parametrize("folder", FORMATS, ids=lambda folder: folder.name)
def test_a_model_of_every_format_ever_written_predicts_as_it_did(folder):
    fitted = load(folder / "model")
    table = pd.read_csv(folder / "rows.csv")
    expected = pd.read_csv(folder / "predictions.csv")
    pd.testing.assert_frame_equal(fitted.predict_frame(table), expected, rtol=1e-5, check_dtype=False)


def test_the_current_format_is_among_them():
    assert f"format_{FORMAT}" in {folder.name for folder in FORMATS}


def test_a_missing_family_names_the_distribution(model):
    with pytest.raises(PluginError, match="install automl-engine"):
        load_artifact(model, Registry(plugins=discover().plugins))
