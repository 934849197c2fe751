"""Where a network is trained, and in which precision."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from automl_torch.session import has_matrix_units


def device() -> torch.device:
    """Return the accelerator that torch can use, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def precision(where: torch.device, mixed: bool) -> AbstractContextManager[object]:
    """Multiply in bfloat16 where that is wished for, and fast and accurate on this device; else change nothing."""
    if mixed and _fast(where):
        return torch.autocast(where.type, torch.bfloat16)
    return nullcontext()


def _fast(where: torch.device) -> bool:
    if where.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return where.type == "cpu" and has_matrix_units()
