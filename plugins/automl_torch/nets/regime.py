"""How a network of modules is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Regime:
    """Everything about training that is not the network or its data.

    - `epochs`: passes over the training rows; more on small tables, so that there are `least_steps` steps.
    - `rate`, `schedule` (a name in `SCHEDULES`, or `plateau`: after a short warm-up, a third of the rate whenever the
      score part has not improved for three epochs), `optimiser`, `decay` (weight decay, not of vectors), `momentum`.
    - `clip`: the largest norm of a step's gradient; 0 for no limit.
    - `smoothing`: of labels, in [0, 1); `balanced`: whether rare labels weigh as much as frequent ones.
    - `average`: the share of the steps so far over which weights are averaged for scoring (an exponential moving
      average whose memory grows); 0 for none.
    - `patience`: epochs without improvement on the score part after which training ends; 0 for no such end.
    - `mixed`: whether to multiply in bfloat16 where the device is fast at it.
    - `hits`: whether the epoch kept is that with the fewest wrong labels rather than the lowest loss.
    """

    epochs: int
    batch_size: int
    rate: float
    schedule: str = "one_cycle"
    optimiser: Literal["adam", "adamw", "sgd", "rmsprop"] = "adamw"
    decay: float = 0.01
    momentum: float = 0.9
    clip: float = 1.0
    smoothing: float = 0.0
    balanced: bool = False
    average: float = 0.0
    patience: int = 0
    least_steps: int = 60
    mixed: bool = False
    hits: bool = False

    def epochs_for(self, per_epoch: int) -> int:
        """Return the number of epochs of this many steps."""
        return max(self.epochs, -(-self.least_steps // per_epoch))
