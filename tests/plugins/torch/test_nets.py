from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from automl.plugin import Limits, ScorePieces, TrialFailed
from automl_torch.nets import kept
from automl_torch.nets import train as loop
from automl_torch.nets.average import Average
from automl_torch.nets.examples import Examples, shuffled
from automl_torch.nets.losses import balance, shares_of_error
from automl_torch.nets.optimisers import Plateau
from automl_torch.nets.regime import Regime
from automl_torch.nets.train import Trained, train
from automl_torch.nets.words import learn_vocabulary, tokens


class Line(nn.Module):
    """One linear layer; it runs out of memory on batches larger than `most`."""

    def __init__(self, most: int = 10_000) -> None:
        super().__init__()
        self.layer, self.most = nn.Linear(3, 2), most

    def forward(self, inputs: Any, view: int = 0) -> Tensor:
        x = inputs[0][0]
        if self.training and len(x) > self.most:
            raise torch.OutOfMemoryError("out of memory")
        scores: Tensor = self.layer(x)
        return scores


def _spoiled(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.constant_(module.weight, float("nan"))


def examples(n_rows: int = 64, seed: int = 0) -> Examples:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n_rows, 3, generator=generator)
    return Examples(((x,),), (x[:, 0] > 0).long(), torch.ones(n_rows))


def learned(regime: Regime, net: nn.Module | None = None, seed: int = 0) -> tuple[nn.Module, Any]:
    torch.manual_seed(seed)
    net = net or Line()
    return net, train(net, examples(), examples(40, 1), regime, Limits()).curve


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("schedule", ["one_cycle", "plateau", "warm_cosine"])
def test_every_optimiser_and_schedule_learns(optimiser: Any, schedule: str) -> None:
    regime = Regime(20, 16, 0.1 if optimiser == "sgd" else 0.02, schedule, optimiser, momentum=0.5)
    _, curve = learned(regime)
    assert curve.score[curve.best] < 0.8 * curve.score[0]
    assert len(curve.train) == 20


def test_the_best_epoch_is_kept_and_patience_ends() -> None:
    regime = Regime(200, 16, 3.0, "constant", "sgd", patience=4, clip=0.0)
    net, curve = learned(regime)
    assert len(curve.score) < 200
    with torch.inference_mode():
        scores = net(examples(40, 1).inputs)
    found = shares_of_error(scores, examples(40, 1).y, torch.ones(40), regime)
    assert float(found.sum()) == pytest.approx(np.nanmin(curve.score), abs=1e-6)


def test_the_same_seed_gives_the_same_weights() -> None:
    weights = [learned(Regime(3, 16, 0.02), seed=seed)[0].state_dict()["layer.weight"] for seed in (1, 1, 2)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_batch_that_does_not_fit_is_read_in_parts() -> None:
    start = Line().state_dict()
    nets = [Line(), Line(most=5)]
    for net in nets:
        net.load_state_dict(start)
    whole, parts = (learned(Regime(5, 16, 0.02), net)[0] for net in nets)
    torch.testing.assert_close(whole.state_dict(), parts.state_dict())


def test_other_errors_are_not_taken_for_memory() -> None:
    class Broken(Line):
        def forward(self, inputs: Any, view: int = 0) -> Tensor:
            raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        learned(Regime(2, 16, 0.02), Broken())


def test_a_loss_that_is_no_number_fails_the_trial() -> None:
    with pytest.raises(TrialFailed, match="lower the learning rate"):
        learned(Regime(3, 16, 0.02), nn.Sequential(Line()).apply(_spoiled)[0])


def test_time_ends_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrialFailed, match="no time"):
        train(Line(), examples(), None, Regime(3, 16, 0.02), Limits(deadline=0.0))


def piece(score: Examples) -> NDArray[np.int64]:
    """The first piece of a score part, with the seed that `trained_on` sets."""
    return np.flatnonzero(ScorePieces(score.y.numpy(), 3).of_row == 0)


def trained_on(score: Examples) -> Trained:
    torch.manual_seed(3)
    noise = replace(examples(), y=torch.randint(0, 2, (64,), generator=torch.Generator().manual_seed(1)))
    return train(Line(), noise, score, Regime(30, 16, 0.3, "constant"), Limits())


def weights_of(trained: Trained, rows: NDArray[np.int64]) -> Tensor:
    """The weights that predict these rows, one state for all of them."""
    assert trained.kept is not None
    [found] = [weights for weights, its in trained.kept.shares() if np.isin(rows, its).any()]
    return found["layer.weight"]


def test_a_row_has_no_say_in_the_epoch_that_predicts_it() -> None:
    score = examples(11, 6)  # two pieces
    rows, weights = piece(score), torch.ones(11)
    weights[torch.from_numpy(rows)] = 20.0
    plain, other = trained_on(score), trained_on(replace(score, weights=weights))
    assert torch.equal(weights_of(plain, rows), weights_of(other, rows))
    assert plain.curve.best != other.curve.best, "they have a say in what the network keeps"


def test_every_row_is_predicted_once_and_rows_that_were_not_asked_by_the_best_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "_SCORED", 20)
    trained = trained_on(examples(100, 1))
    assert trained.kept is not None
    shares = list(trained.kept.shares())
    assert sorted(row for _, rows in shares for row in rows) == list(range(100))
    assert len({id(weights) for weights, _ in shares}) == len(shares) <= 6
    asked = trained.kept.rows.numpy()
    assert len(asked) == 20
    assert torch.equal(weights_of(trained, np.setdiff1d(np.arange(100), asked)), trained.kept.best["layer.weight"])


def test_weights_that_no_step_changes_are_not_copied() -> None:
    net = Line()
    net.layer.bias.requires_grad_(False)
    trained = train(net, examples(), examples(40, 1), Regime(3, 16, 0.02), Limits())
    assert trained.kept is not None
    assert trained.kept.best["layer.bias"].data_ptr() == net.layer.bias.data_ptr()
    assert trained.kept.best["layer.weight"].data_ptr() != net.layer.weight.data_ptr()


def test_where_no_label_of_the_score_part_is_known_the_last_epoch_predicts_all() -> None:
    trained = trained_on(replace(examples(40, 1), y=torch.full((40,), -1)))
    assert trained.curve.best == len(trained.curve.train) - 1
    assert torch.equal(weights_of(trained, np.arange(40)), trained.kept.best["layer.weight"])  # type: ignore[union-attr]


def test_long_runs_are_scored_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_SCORES", 5)
    _, curve = learned(Regime(20, 16, 0.02))
    assert np.flatnonzero(~np.isnan(curve.score)).tolist() == [0, 4, 8, 12, 16, 19]


def test_an_average_of_weights_lags_behind() -> None:
    net = Line()
    average = Average(net, 0.5)
    for value in (1.0, 2.0, 3.0):
        nn.init.constant_(net.layer.bias, value)
        average.update(net)
    assert 1.0 < float(average.net.layer.bias[0].detach()) < 3.0  # type: ignore[union-attr, index]


def test_the_plateau_lowers_the_rate() -> None:
    plateau = Plateau(wait=2)
    for value in (1.0, 0.5, 0.6, 0.5):
        plateau.offer(value)
    assert plateau.factor == pytest.approx(1 / 3)


def test_balanced_labels_weigh_the_same() -> None:
    weights = balance(torch.tensor([0, 0, 0, 1]), 2)
    assert float(weights[:3].sum()) == pytest.approx(float(weights[3]))
    assert float(weights.mean()) == pytest.approx(1.0)


def test_rows_of_like_length_share_a_batch() -> None:
    lengths = torch.arange(200) % 50
    many = Examples(((torch.zeros(200, 1),),), torch.zeros(200).long(), torch.ones(200), lengths)
    batches = list(shuffled(many, 10))
    assert sorted(torch.cat(batches).tolist()) == list(range(200))
    assert max(int(lengths[b].max() - lengths[b].min()) for b in batches) < 10


def test_words_numbers_and_signs_are_tokens() -> None:
    assert tokens("Don't pay £10, 好 now!") == ["don't", "pay", "£", "10", ",", "好", "now", "!"]
    vocabulary = learn_vocabulary(["a b", "a", None])
    numbers, lengths = vocabulary.read(["b zzz a", None])
    assert numbers.tolist() == [[3, 1], [0, 0]]
    assert lengths.tolist() == [2, 1]
