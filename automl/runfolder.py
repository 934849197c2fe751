"""The run folder: made once, for one run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from automl.errors import OptionError


def new_run_folder(output: Path | None, source: object) -> Path:
    """Create the folder of a new run, or take an empty one; the default is named after the table and the time."""
    if output is not None:
        return _made(output)
    table = Path(str(source)).name.split(".")[0] if isinstance(source, str | Path) else "table"
    default = Path("automl_runs") / f"{table}-{datetime.now():%Y%m%d-%H%M%S}"
    number = 1
    while default.exists():
        number += 1
        default = default.with_name(f"{default.name.split('_')[0]}_{number}")
    return _made(default)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # What an earlier run left (encoders, studies) would be taken for this one's.
        if any(folder.iterdir()):
            raise OptionError(f"the run folder '{folder}' is not empty: name a new one, or delete it first")
    except OSError as error:
        raise OptionError(f"the run folder '{folder}' cannot be used ({error.strerror}): name another one") from None
    return folder
