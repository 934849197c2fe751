import numpy as np
import pytest
import torch

from automl_torch.activations import blend
from automl_torch.architecture import ACTIVATIONS
from automl_torch.dropout import Masks
from automl_torch.forward import _ACTIVATIONS as IN_NUMPY

IN_TORCH = {"selu": torch.selu, "mish": torch.nn.functional.mish, "relu": torch.relu}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_and_gradients_are_those_of_torch(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    x = (torch.randn(2, 50, 8, generator=generator) * 10).requires_grad_()
    share = torch.rand(2, 8, generator=generator).requires_grad_()
    mask = Masks(0).cut(x.shape, 0.3)
    assert mask is not None
    toward = torch.randn(x.shape, generator=generator)
    own, expected = (blend(x, share, name, mask), torch.lerp(x, IN_TORCH[name](x), share[:, None]) * mask)
    torch.testing.assert_close(own, expected, atol=1e-5, rtol=1e-5)
    for found, wanted in zip(
        torch.autograd.grad(own, [x, share], toward), torch.autograd.grad(expected, [x, share], toward), strict=True
    ):
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_numpy_agrees_with_torch(name: str) -> None:
    x = np.linspace(-100, 100, 4001, dtype=np.float32)
    np.testing.assert_allclose(IN_NUMPY[name](x.copy()), IN_TORCH[name](torch.from_numpy(x)).numpy(), atol=1e-5)


def test_masks_keep_the_mean_and_repeat_by_their_seed() -> None:
    shape = torch.Size((4, 100, 200))
    first, second, other = (Masks(seed).cut(shape, 0.25) for seed in (0, 0, 1))
    assert first is not None
    assert second is not None
    assert other is not None
    assert float((first == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert float(first.mean()) == pytest.approx(1.0, abs=0.01)
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert Masks(0).cut(shape, 0.0) is None
