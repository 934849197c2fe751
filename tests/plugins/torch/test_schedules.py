import numpy as np
import pytest

from automl_torch.schedules import SCHEDULES, Schedule, coslog4, flat_cosine, one_cycle


@pytest.mark.parametrize("schedule", [pytest.param(s, id=name) for name, s in SCHEDULES.items()])
def test_factors_lie_between_zero_and_one(schedule: Schedule) -> None:
    factors = [schedule(t) for t in np.linspace(0, 1, 101)]
    assert min(factors) >= 0
    assert max(factors) <= 1 + 1e-12


@pytest.mark.parametrize("name", ["cosine", "flat_cosine", "one_cycle", "coslog4"])
def test_training_ends_at_rest(name: str) -> None:
    assert SCHEDULES[name](1.0) == pytest.approx(0.0, abs=1e-12)


def test_flat_cosine_is_flat_until_half_time() -> None:
    assert [flat_cosine(t) for t in (0.0, 0.25, 0.5)] == [1.0, 1.0, 1.0]
    assert flat_cosine(0.75) == pytest.approx(0.5)


def test_coslog4_rests_between_cycles_that_double() -> None:
    rests = [(2**cycle - 1) / 15 for cycle in range(5)]
    assert [coslog4(t) for t in rests] == pytest.approx([0.0] * 5, abs=1e-12)
    assert coslog4((2**3.5 - 1) / 15) == pytest.approx(1.0)


def test_one_cycle_rises_first() -> None:
    assert one_cycle(0.0) < 0.05 < one_cycle(0.15) < one_cycle(0.3) == pytest.approx(1.0)
