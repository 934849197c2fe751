"""How large an input may be: bounds that stop mistakes and bombs, each of which can be raised by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from automl.errors import DataError, OptionError, unknown

OPTION = "--input-limit"
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(|k|M|G|T)B?")
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@dataclass(frozen=True)
class InputLimits:
    """What a table may be.

    `bytes` of a file once it is unpacked, and of a table in memory where its format says how large it will be;
    `expansion`: how many times its size a compressed file above `FREE` bytes may become; `columns`; `cell`: bytes of
    the longest text cell.
    """

    bytes: int = 4 * 10**9
    expansion: int = 200
    columns: int = 50_000
    cell: int = 16 * 10**6

    @classmethod
    def of(cls, wishes: Iterable[str]) -> InputLimits:
        """Return the limits with these changes, such as "bytes=16GB" or "columns=200000".

        Raise `OptionError` for an unknown name, and for what is no size.
        """
        changed: dict[str, int] = {}
        for wish in wishes:
            name, _, size = wish.partition("=")
            if name not in (known := [field.name for field in fields(cls)]):
                raise unknown("input limit", name, known)
            found = _SIZE.fullmatch(size.strip())
            if found is None:
                raise OptionError(f"{OPTION} {wish}: must look like {name}=100000 or {name}=16GB")
            changed[name] = int(float(found[1]) * _UNITS[found[2]])
        return replace(cls(), **changed)

    def check(self, what: object, name: str, found: int, says: str, enough: int | None = None) -> None:
        """Raise `DataError` where a number found is above the limit of this name; `says` is what it counts.

        `enough` is the limit to suggest where the number found is not all that there is.
        """
        limit = getattr(self, name)
        if found > limit:
            raise DataError(
                f"{what}: {says} ({found:,}) is above the limit of {limit:,}, which stops mistakes and bombs; if it is "
                f"meant, raise it with {OPTION} {name}={_rounded(enough or found)}"
            )


FREE = 256 * 10**6
"""Bytes that a compressed file may unpack to, however small it is."""


def _rounded(number: int) -> str:
    """Round up to two digits."""
    step = 10 ** max(0, len(str(number)) - 2)
    return str(-(-number // step) * step)
