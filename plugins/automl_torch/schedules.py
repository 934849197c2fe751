"""Schedules: what a learning rate or another strength is multiplied with as training goes from 0 to 1.

Each takes the progress t in [0, 1] and returns a factor in [0, 1]; all but `constant` and `warm_up` end at zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[float], float]

_WARM = 0.3  # the share of `one_cycle` in which the rate rises
_CYCLES = 4  # of `coslog4`


def constant(t: float) -> float:
    """Stay at one."""
    return 1.0


def cosine(t: float) -> float:
    """Fall from one to zero along half a cosine (Loshchilov and Hutter 2017, arXiv 1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * t))


def flat_cosine(t: float) -> float:
    """Stay at one until half time, then fall to zero along half a cosine."""
    return cosine(max(0.0, 2 * t - 1))


def one_cycle(t: float) -> float:
    """Rise from near zero, then fall to zero, each along half a cosine (Smith 2018, arXiv 1803.09820)."""
    if t < _WARM:
        return 0.04 + 0.96 * cosine(1 - t / _WARM)
    return cosine((t - _WARM) / (1 - _WARM))


def coslog4(t: float) -> float:
    """Four cycles from zero to one and back, each twice as long as the one before (Holzmüller 2024, section 3)."""
    return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + (2**_CYCLES - 1) * t)))


def warm_up(t: float) -> float:
    """Rise from near zero in the first twentieth, then stay at one."""
    return min(1.0, 0.02 + t / 0.05)


def warm_cosine(t: float) -> float:
    """Rise in the first twentieth, then fall to zero along half a cosine."""
    return min(warm_up(t), cosine(t))


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "cosine": cosine,
    "flat_cosine": flat_cosine,
    "one_cycle": one_cycle,
    "coslog4": coslog4,
    "warm_up": warm_up,
    "warm_cosine": warm_cosine,
}
"""The schedules by the name that a configuration gives."""
