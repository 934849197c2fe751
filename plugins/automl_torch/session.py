"""Settings of torch that hold while a network is trained, and are put back after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch

_WORST = 0.01  # error of a product in bfloat16 relative to its size; about 0.003 is to be expected


@contextmanager
def session(threads: int) -> Iterator[None]:
    """Use this many threads, treat denormal numbers as zero (they are up to a hundred times slower), and multiply in
    bfloat16 where the processor has matrix units for it (AMX); sums, weights and everything else stay in float32.
    """  # fmt: skip
    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    if has_matrix_units():
        torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(before[0])
        torch.set_float32_matmul_precision(before[1])


@cache
def has_matrix_units() -> bool:
    """Whether the processor has AMX and torch's products with it are accurate."""
    try:
        if not torch.cpu.get_capabilities().get("amx_bf16", False):
            return False
    except (AttributeError, RuntimeError):  # an older torch, or another kind of processor
        return False
    before = torch.get_float32_matmul_precision()
    generator = torch.Generator().manual_seed(0)
    left, right = torch.randn(2, 64, 256, generator=generator), torch.randn(2, 256, 64, generator=generator)
    try:
        torch.set_float32_matmul_precision("medium")
        product = torch.bmm(left, right)
    finally:
        torch.set_float32_matmul_precision(before)
    exact = torch.bmm(left.double(), right.double())
    return bool((product - exact).norm() < _WORST * exact.norm())
