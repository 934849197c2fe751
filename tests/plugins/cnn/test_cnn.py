from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from automl.plugin import ArtifactError, FamilyDeclined, Limits, Profile, Role, TrialFailed
from automl_cnn import family as module
from automl_cnn.family import CNN
from automl_cnn.images import Look, augment, learn_images
from automl_cnn.symmetry import harmless_mirrors
from tests.plugins.cells import BINARY, VALUES, check_alone_and_saved, fitted, hits, parts, profile

SMALL = {"stem": 8, "kernels": 8, "filters": 32, "embedding": 32, "depth": 2}


def small(*names: str) -> dict[str, int]:
    used = {"image": ["stem"], "series": ["kernels", "depth"], "text": ["filters", "embedding"]}
    return {key: SMALL[key] for name in names for key in used[name]} | {"epochs": 6}


@pytest.mark.parametrize("names", [("image",), ("text",), ("series",), ("image", "text", "series")])
def test_each_kind_of_column_is_learned_from(names: tuple[str, ...], tmp_path: Path) -> None:
    model, score = fitted(CNN(), BINARY, names, n_numbers=2, **small(*names))
    assert hits(model, score) > 0.8
    check_alone_and_saved(CNN(), model, score, tmp_path)


def test_numbers_are_predicted() -> None:
    model, score = fitted(CNN(), VALUES, ["series"], **small("series"))
    error = float(((model.predict(score.features)[:, 0] - score.y) ** 2).mean())
    assert error < 0.6 * float(np.var(score.y))


def test_mirrors_are_judged_by_the_rows() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    sided = rng.integers(0, 80, (300, 3, 16, 16))
    sided[np.arange(300), :, :, np.where(y, 2, 13)] += 120  # a bar on the left or on the right
    upright = rng.integers(0, 80, (300, 3, 16, 16))
    upright[np.arange(300), :, np.where(y, 2, 13), :] += 120  # a bar above or below
    noise = rng.integers(0, 80, (300, 3, 16, 16))
    for pixels, expected in ((sided, (False, True)), (upright, (True, False)), (noise, (False, False))):
        assert harmless_mirrors(torch.from_numpy(pixels.astype(np.uint8)), y, classify=True) == expected


def test_augmentation_moves_no_label_and_keeps_shapes() -> None:
    train, _ = parts(BINARY, ["image"])
    images = learn_images(train, "image", Look(32, 8, 1.0), classify=True)
    pixels, _ = images.read(train.features)
    moved = augment(pixels.float(), images)
    assert moved.shape == pixels.shape
    assert not torch.equal(moved, pixels.float())
    still = learn_images(train, "image", Look(32, 8, 0.0), classify=True)
    if not (still.mirrors or still.turns):
        assert torch.equal(augment(pixels.float(), still), pixels.float())


def test_large_images_are_read_smaller() -> None:
    train, _ = parts(BINARY, ["image"])
    images = learn_images(train, "image", Look(4, 8, 0.0), classify=True)
    assert images.read(train.features)[0].shape == (72, 3, 4, 4)


def test_short_runs_get_fewer_epochs() -> None:
    epochs = [CNN().portfolio(BINARY, profile(["image"], seconds, 8000))[0]["epochs"] for seconds in (None, 300, 20)]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] == module.IMAGE_EPOCHS[1]
    assert epochs[2] == module.IMAGE_EPOCHS[-1]


def test_a_table_of_numbers_is_declined() -> None:
    with pytest.raises(FamilyDeclined, match="needs a column of image or sequence or text"):
        CNN().accepts(BINARY, Profile(100, 2, ((Role.NUMERIC, 5),)))


def test_no_time_is_a_failed_trial() -> None:
    train, score = parts(BINARY, ["image"])
    model = CNN().build(CNN().portfolio(BINARY, profile(["image"]))[0], BINARY, 0)
    with pytest.raises(TrialFailed, match="no time left"):
        model.fit(train, score, Limits(deadline=0.0))


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    model, _ = fitted(CNN(), BINARY, ["text"], **small("text"))
    model.save(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(ArtifactError, match="damaged"):
        CNN().load(tmp_path)
    (tmp_path / "weights.safetensors").unlink()
    with pytest.raises(ArtifactError, match="missing"):
        CNN().load(tmp_path)
