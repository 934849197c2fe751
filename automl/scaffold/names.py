"""What a new plugin, its package, its family and its class are called."""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass
from typing import Self

from automl import plugin
from automl.errors import OptionError

_PREFIX = "automl-"
_LONGEST = 40  # so that the template's lines stay within their length
_RULE = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")


@dataclass(frozen=True)
class Names:
    """The names of one plugin.

    `distribution` is what pip installs ("automl-gaussian-process"), `package` what Python imports
    ("automl_gaussian_process"), `family` what users type ("gaussian_process"), `cls` its class ("GaussianProcess").
    """

    distribution: str
    package: str
    family: str
    cls: str

    @classmethod
    def of(cls, name: str) -> Self:
        """Derive all names from one, normalised as package indexes do (PEP 503); raise `OptionError` if it is unfit."""
        plain = re.sub(r"[-_.]+", "-", name).lower().removeprefix(_PREFIX)
        if not _RULE.fullmatch(plain) or len(plain) > _LONGEST:
            raise OptionError(
                f"the plugin name '{name}' must be words of ASCII letters and digits, each starting with a letter, "
                f"joined by hyphens, {_LONGEST} characters at most: choose one such as 'gaussian-process'"
            )
        title = "".join(word.capitalize() for word in plain.split("-"))
        if keyword.iskeyword(title) or hasattr(builtins, title) or title in plugin.__all__:
            raise OptionError(
                f"the plugin name '{name}' asks for a class '{title}', which is taken: choose another name"
            )
        family = plain.replace("-", "_")
        return cls(f"{_PREFIX}{plain}", f"automl_{family}", family, title)
