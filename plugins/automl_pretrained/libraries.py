"""The two libraries whose checkpoints are read, either of which may be missing."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

REMEDY = "pip install 'automl-engine[pretrained]'"
# What fails to import where the library's own requirements are not met; the library itself imports lazily.
_HEART = {"transformers": "transformers.modeling_utils", "timm": "timm"}


@cache
def lack(library: str) -> str:
    """Say why a library cannot be used, and what mends it; "" where it can."""
    if find_spec(library) is None:
        return f"needs {library}, which is not installed: {REMEDY}"
    try:
        import_module(_HEART[library])
    except Exception as error:  # torchvision for another torch raises what it likes
        return (
            f"needs {library}, which cannot be imported ({' '.join(str(error).split())[:200]}): install torch and "
            f"torchvision of versions that belong together, then {REMEDY}"
        )
    return ""
