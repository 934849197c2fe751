"""What a fold's network learns from."""

from __future__ import annotations

from dataclasses import dataclass

from automl.plugin import Part


@dataclass(frozen=True)
class Lesson:
    """The training rows, the rows that decide which epoch is kept (None for all folds or for none), and a seed."""

    train: Part
    score: Part | None
    seed: int
