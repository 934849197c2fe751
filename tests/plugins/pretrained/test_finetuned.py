"""Fine-tuning: what is trained, how fast, and what is saved of it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("automl_pretrained", reason="needs the extra [pretrained]")

import torch

from automl.plugin import ArtifactError, Limits, Shelf, TrialFailed
from automl_pretrained.branches import Tuned
from automl_pretrained.tuned import Finetuned, FinetunedModel
from automl_torch.nets.fitted import WEIGHTS
from automl_torch.nets.optimisers import optimiser_of
from automl_torch.nets.weights import read_weights
from tests.plugins.cells import BINARY, VALUES, check_alone_and_saved, fitted, hits, parts, profile
from tests.plugins.pretrained.checkpoints import equipped, need

QUICK = {"epochs": 12, "batch_size": 8, "learning_rate": 1e-2, "backbone_rate": 0.1}


@pytest.fixture(scope="module")
def family(folders: list[Path]) -> Finetuned:
    return equipped(Finetuned(), folders)


@pytest.mark.parametrize("share", [0.34, 1.0])
def test_texts_are_learned_and_saved(family: Finetuned, tmp_path: Path, share: float) -> None:
    model, score = fitted(family, BINARY, ["text"], n_numbers=1, **QUICK, share=share)
    assert hits(model, score) > 0.85
    check_alone_and_saved(family, model, score, tmp_path)


def test_images_are_learned_and_saved(family: Finetuned, tmp_path: Path) -> None:
    need("timm")
    model, score = fitted(family, BINARY, ["image"], **QUICK)
    assert hits(model, score) > 0.85
    check_alone_and_saved(family, model, score, tmp_path)


def test_values_of_both_are_learned(family: Finetuned) -> None:
    need("timm")
    model, score = fitted(family, VALUES, ["text", "image"], **QUICK)
    assert ((model.predict(score.features)[:, 0] - score.y) ** 2).mean() < 0.6 * score.y.var()


def test_only_the_last_layers_change_and_only_they_are_saved_with_the_model(family: Finetuned, tmp_path: Path) -> None:
    model, score = fitted(family, BINARY, ["text"], **QUICK)
    assert isinstance(model, FinetunedModel)
    shelf = Shelf(tmp_path / "shared")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        model.save_beside(tmp_path / name, shelf)
    saved = set(read_weights(tmp_path / "one" / WEIGHTS))
    layers = {name for name in saved if "encoder.layer" in name}
    assert layers
    assert all("layer.1." in name for name in layers)
    assert not [name for name in saved if "embeddings" in name]
    assert [path.name for path in (tmp_path / "shared").iterdir()] == [family.checkpoints[0].network.shelved]
    again = family.load_beside(tmp_path / "two", shelf)
    np.testing.assert_allclose(again.predict(score.features), model.predict(score.features), atol=1e-6)

    branch = model.fitted.head.branches[0]
    assert isinstance(branch, Tuned)
    assert model.fitted.net is not None
    now = model.fitted.net.branches[0].net.module.state_dict()
    changed = {name for name, tensor in branch.base.tensors.items() if not torch.equal(tensor, now[name])}
    assert changed
    assert all("layer.1." in name for name in changed)


def test_the_checkpoint_itself_is_never_written_to(family: Finetuned) -> None:
    base = family.checkpoints[0].base()
    before = {name: tensor.clone() for name, tensor in base.tensors.items()}
    fitted(family, BINARY, ["text"], **QUICK, share=1.0)
    assert all(torch.equal(tensor, before[name]) for name, tensor in base.tensors.items())


def test_deeper_layers_learn_more_slowly(family: Finetuned) -> None:
    params = {**family.portfolio(BINARY, profile(["text"]))[1], "layer_decay": 0.5, "backbone_rate": 0.1}
    train, _ = parts(BINARY, ["text"])
    from automl_torch.nets.branch import Net

    net = Net(family.branches(params, BINARY, train, 0), 2, 0.0)
    groups = optimiser_of(net, family.regime(params, BINARY)).param_groups
    factors = {id(parameter): group["factor"] for group in groups for parameter in group["params"]}
    by_name = {name: factors[id(parameter)] for name, parameter in net.named_parameters()}
    assert by_name["head.weight"] == 1.0
    inner = "branches.0.net.module."
    assert by_name[f"{inner}encoder.layer.1.output.dense.weight"] == pytest.approx(0.1)
    assert by_name[f"{inner}encoder.layer.0.output.dense.weight"] == pytest.approx(0.05)
    assert by_name[f"{inner}embeddings.word_embeddings.weight"] == pytest.approx(0.025)


def test_it_ends_in_time_with_what_it_has(family: Finetuned) -> None:
    train, score = parts(BINARY, ["text"])
    params = {**family.portfolio(BINARY, profile(["text"]))[0], "epochs": 10**6}
    with pytest.raises(TrialFailed, match="no time left"):
        family.build(params, BINARY, 0).fit(train, score, Limits(time.monotonic() - 1))
    model = family.build(params, BINARY, 0)
    model.fit(train, score, Limits(time.monotonic() + 3.0))
    curve = model.fitted.head.curve
    assert curve is not None
    assert 0 < len(curve.train) < 10**5
    assert np.isfinite(model.predict(score.features)).all()


def test_weights_of_another_network_are_refused(family: Finetuned, tmp_path: Path) -> None:
    need("timm")
    text, _ = fitted(family, BINARY, ["text"], **{**QUICK, "epochs": 1})
    image, _ = fitted(family, BINARY, ["image"], **{**QUICK, "epochs": 1})
    for name, model in (("text", text), ("image", image)):
        (tmp_path / name).mkdir()
        model.save(tmp_path / name)
    (tmp_path / "image" / WEIGHTS).replace(tmp_path / "text" / WEIGHTS)
    with pytest.raises(ArtifactError, match="damaged"):
        family.load(tmp_path / "text")


def test_short_runs_train_for_less(family: Finetuned) -> None:
    long, short = (profile(["text"], seconds, n_rows=20_000) for seconds in (None, 20.0))
    epochs = [family.portfolio(BINARY, one)[0]["epochs"] for one in (long, short)]
    assert epochs[1] < epochs[0]
