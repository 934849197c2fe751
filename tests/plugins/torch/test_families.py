from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from automl.plugin import ArtifactError, FamilyDeclined, Features, Limits, Params, Part, Task, TrialFailed, load, save
from automl_torch import params as params_module
from automl_torch import session
from automl_torch.fitted import Head
from automl_torch.mlp import MLP
from automl_torch.tabm import TabM
from automl_torch.tabular import NetworkModel, TabularNetworkFamily
from tests.plugins.torch.synthetic import BINARY, MULTICLASS, VALUES, default, job, part, profile

FAMILIES = [MLP(), TabM()]


def fitted(family: TabularNetworkFamily, task: Task, train: Part | None = None, **changes: object) -> NetworkModel:
    model = family.build(default(family, task, **{"epochs": 4, **changes}), task, 1)
    model.fit(train or part(task), part(task, 80, seed=1), Limits())
    return model


def test_importing_the_plugin_loads_no_torch() -> None:
    code = "import sys, automl_torch; automl_torch.automl_families(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_another_process_loads_and_predicts_the_same_without_torch(
    family: TabularNetworkFamily, tmp_path: Path
) -> None:
    model, matrix = fitted(family, MULTICLASS), part(MULTICLASS, 60, seed=2).features
    (tmp_path / "model").mkdir()
    model.save(tmp_path / "model")
    np.save(tmp_path / "matrix.npy", matrix.matrix)
    np.save(tmp_path / "cardinalities.npy", matrix.cardinalities)
    code = f"""
import sys
from pathlib import Path
import numpy as np
from automl.plugin import Features
from automl_torch import automl_families
folder = Path(sys.argv[1])
family = next(f for f in automl_families() if f.name == "{family.name}")
matrix, cardinalities = np.load(folder / "matrix.npy"), np.load(folder / "cardinalities.npy")
features = Features(matrix, tuple(map(str, range(matrix.shape[1]))), cardinalities)
np.save(folder / "prediction.npy", family.load(folder / "model").predict(features))
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0
    np.testing.assert_allclose(np.load(tmp_path / "prediction.npy"), model.predict(matrix), atol=1e-6)


def test_loading_refuses_what_does_not_fit(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    fitted(MLP(), BINARY).save(tmp_path)
    path = tmp_path / "weights.safetensors"
    whole, weights = path.read_bytes(), load_file(path)
    damaged = {
        "cut": whole[:-100],
        "empty": b"",
        "wrong length": b"\xff" * 8 + whole[8:],
    }
    for content in damaged.values():
        path.write_bytes(content)
        with pytest.raises(ArtifactError, match="damaged"):
            MLP().load(tmp_path)
    wrong = {
        "narrower": {**weights, "bias1": weights["bias1"][:-1]},
        "infinite": {**weights, "bias1": np.full_like(weights["bias1"], np.inf)},
        "doubles": {**weights, "bias1": weights["bias1"].astype(np.float64)},
        "missing": {name: array for name, array in weights.items() if name != "scale"},
        "more": {**weights, "other": weights["bias1"]},
    }
    for arrays in wrong.values():
        save_file(arrays, path)
        with pytest.raises(ArtifactError, match="damaged"):
            MLP().load(tmp_path)
    path.unlink()
    with pytest.raises(ArtifactError, match="missing"):
        MLP().load(tmp_path)


def test_loading_refuses_a_network_of_other_columns(tmp_path: Path) -> None:
    fitted(MLP(), BINARY).save(tmp_path)
    head = load(tmp_path / "network.npz", Head)
    assert head.network is not None
    object.__setattr__(head, "network", replace(head.network, n_numbers=2))
    save(head, tmp_path / "network.npz")
    with pytest.raises(ArtifactError, match="do not fit its columns"):
        MLP().load(tmp_path)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_numpy_predicts_what_torch_trained(family: TabularNetworkFamily, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error that training recorded is that of the saved network's predictions."""
    monkeypatch.setattr(session, "has_matrix_units", lambda: False)
    score = part(MULTICLASS, 80, seed=1)
    model = fitted(family, MULTICLASS)
    curve = model.fitted.head.curve
    assert curve is not None
    own = model.predict(score.features)[np.arange(80), score.y]
    assert -np.log(own).mean() == pytest.approx(curve.score[curve.best], rel=1e-4)
    assert curve.score[curve.best] == curve.score.min()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_short_deadline_is_kept_and_the_schedule_ends_in_it(family: TabularNetworkFamily) -> None:
    whole = job(BINARY, default(family, BINARY, epochs=100_000, width=128), part(BINARY, 100))
    started = time.monotonic()
    fit = family.cross_fit(replace(whole, limits=Limits(started + 3.0)))
    assert time.monotonic() - started < 3.0
    model = fit.models[0].model
    assert isinstance(model, NetworkModel)
    curve = model.fitted.head.curve
    assert curve is not None
    assert curve.rate[-1] < 0.02 * curve.rate.max()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_hopeless_deadline_fails_early(family: TabularNetworkFamily) -> None:
    whole = job(BINARY, default(family, BINARY, width=512, depth=4), part(BINARY, 20_000))
    started = time.monotonic()
    with pytest.raises(TrialFailed, match="time"):
        family.cross_fit(replace(whole, limits=Limits(started + 1.0)))
    assert time.monotonic() - started < 2.5


def test_values_stay_within_those_of_training() -> None:
    train = part(VALUES)
    model = fitted(MLP(), VALUES, train)
    far = Features(train.features.matrix * 100, train.features.names, train.features.cardinalities)
    prediction = model.predict(far)
    assert prediction.min() >= train.y.min()
    assert prediction.max() <= train.y.max()
    assert np.ptp(prediction) > 0


def test_labels_are_smoothed_only_for_metrics_of_labels() -> None:
    params = default(MLP(), BINARY)
    assert MLP().recipe(params, BINARY, 1000).smoothing == 0.0
    assert MLP().recipe(params, replace(BINARY, metric="accuracy"), 1000).smoothing == 0.1


def test_weights_change_what_is_learned() -> None:
    """Labels that nothing tells, ten times heavier on one side."""
    train = part(BINARY, 400)
    train = replace(train, y=np.random.default_rng(0).integers(0, 2, 400))
    weighted = replace(train, weights=np.where(train.y == 1, 10.0, 1.0))
    rows = part(BINARY, 80, seed=2).features
    shares = []
    for data in (train, weighted):
        model = MLP().build(default(MLP(), BINARY, epochs=2), BINARY, 1)
        model.fit(data, None, Limits())
        shares.append(model.predict(rows)[:, 1].mean())
    assert shares[1] > shares[0] + 0.2


def test_threads_and_random_state_of_torch_are_left_alone() -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    precision = torch.get_float32_matmul_precision()
    fitted(MLP(), BINARY)
    assert torch.get_num_threads() == threads
    assert torch.get_float32_matmul_precision() == precision
    assert (torch.get_rng_state() == state).all()


def test_tables_beyond_the_bounds_are_declined() -> None:
    with pytest.raises(FamilyDeclined, match="rows"):
        MLP().accepts(BINARY, profile(BINARY, n_rows=300_000))
    with pytest.raises(FamilyDeclined, match="columns"):
        MLP().accepts(BINARY, profile(BINARY, numbers=3_000))
    MLP().accepts(BINARY, profile(BINARY))


def test_a_missing_torch_is_declined_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(params_module, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(FamilyDeclined, match=r"needs torch.*pip install 'automl-engine\[torch\]'"):
        TabM().accepts(BINARY, profile(BINARY))


def test_a_short_run_gets_fewer_epochs() -> None:
    def epochs(seconds: float | None) -> object:
        entry: Params = MLP().portfolio(BINARY, profile(BINARY, n_rows=20_000, seconds=seconds))[0]
        return entry["epochs"]

    assert epochs(None) == epochs(36_000.0) == 128
    assert epochs(60.0) == 32
