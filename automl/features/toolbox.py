"""What a run brings to every encoding: the selectors and encoders there are, and what it asks of all families alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from automl.features.derived import FeatureEncoder
from automl.features.encoding import UNDERIVED, Encoding
from automl.features.selection import Selector
from automl.features.selectors import SELECTORS

AUTO, OFF = "auto", "off"


@dataclass(frozen=True)
class Toolbox:
    """`selectors` and plugins' `encoders` by name.

    `selection` is `auto` (each encoding's own), `off` (every column is kept), or the selector that ranks for all.
    `screen` leaves out columns no better than chance first, in every encoding. `seconds` is what a process may spend on
    rankings, None for no limit: when it is spent, every column is kept. Without `derive` no column is made of others.
    """

    selectors: Mapping[str, Selector] = field(default_factory=lambda: dict(SELECTORS))
    encoders: Mapping[str, FeatureEncoder] = field(default_factory=dict)
    selection: str = AUTO
    screen: bool = False
    seconds: float | None = None
    derive: bool = True

    @property
    def uses_target(self) -> bool:
        """Whether what it asks of all encodings looks at targets."""
        return self.screen or (self.derive and any(encoder.uses_target for encoder in self.encoders.values()))

    def applied(self, encoding: Encoding) -> Encoding:
        """Return a family's encoding with what the run asks of all."""
        if self.selection == OFF:
            encoding = replace(encoding, keep=1.0)
        elif self.selection != AUTO:
            encoding = replace(encoding, selector=self.selection)
        encoding = replace(encoding, screen=self.screen or encoding.screen, encoders=",".join(sorted(self.encoders)))
        return encoding if self.derive else replace(encoding, **UNDERIVED)
