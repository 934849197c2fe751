"""The run folder: made for one run, held by one process at a time, and enough to go on with the run later."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from automl.errors import OptionError, RunError
from automl.options import FitOptions
from automl.storage import write_whole

_OPTIONS = "options.json"
_LOCK = "lock"
_JOURNALS = ("journal.jsonl", "optuna.journal")
_LOGS = {"run.log", "workers.log"}
_RESERVE = "reserve"
_RESERVED = 2**20  # bytes: a manifest with its checksums is written into them, the models are linked


@dataclass(frozen=True)
class Stored:
    """What a run was asked for: the table's path, its hash, and the options."""

    source: Path
    data_hash: str
    options: FitOptions


def new_run_folder(output: Path | None, source: object) -> Path:
    """Create the folder of a new run, or take an empty one; the default is named after the table and the time."""
    if output is not None:
        return _made(output)
    table = Path(str(source)).name.split(".")[0] if isinstance(source, str | Path) else "table"
    name = f"{table}-{datetime.now():%Y%m%d-%H%M%S}"
    default, number = Path("automl_runs") / name, 1
    while default.exists():
        number += 1
        default = default.with_name(f"{name}-{number}")
    return _made(default)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; raise `RunError` where another one does."""
    import filelock

    lock = filelock.FileLock(folder / _LOCK)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise RunError(f"the run folder '{folder}' is in use by another process: wait, or name another one") from None
    except OSError as error:
        raise RunError(f"the run folder '{folder}' cannot be written ({error.strerror}): name another one") from None
    try:
        yield
    finally:
        lock.release()


def store(folder: Path, source: object, data_hash: str, options: FitOptions) -> None:
    """Keep what was asked for; data frames, callables and families that no plugin brings cannot be kept."""
    kept: dict[str, Any] = {"source": _absolute(source), "data_hash": data_hash, "lacks": ""}
    if kept["source"] is None:
        kept["lacks"] = "a data frame"
    for field in fields(options):
        value = getattr(options, field.name)
        if field.name in {"output", "test", "images"} and value is not None:
            value = _absolute(value) or value
        if field.name == "backbones":
            value = [_absolute(folder) for folder in value]
        if field.name == "roles":
            value = {name: str(role) for name, role in value.items()}
        try:
            kept[field.name] = json.loads(json.dumps(value))
        except TypeError:
            kept["lacks"] = f"a value of '{field.name}' that only the program had"
    write_whole(folder / _OPTIONS, json.dumps(kept, indent=1))


def stored(folder: Path) -> Stored:
    """Read back what a run was asked for; raise `RunError` where it cannot be resumed."""
    path = folder / _OPTIONS
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        source, data_hash, lacks = (kept.pop(name) for name in ("source", "data_hash", "lacks"))
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in kept.items()}
        values["backbones"] = tuple(Path(folder) for folder in values.get("backbones", ()))
        options = FitOptions(**values)
    except FileNotFoundError:
        raise RunError(f"'{folder}' holds no run to resume: give the folder that `automl fit -o` named") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path}: the options of the run cannot be read ({error}); start a new run") from error
    if lacks:
        raise RunError(f"the run in '{folder}' was given {lacks}, which is not kept: start a new run")
    return Stored(Path(source), str(data_hash), replace(options, output=folder))


def discard_unbegun(folder: Path) -> None:
    """Delete a new folder whose run failed before it began, so that the next attempt may use the name."""
    if not (folder / _OPTIONS).exists():
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def reserved(folder: Path) -> Iterator[None]:
    """Hold some room on the disk, for `release` to give to the model where the search has filled the rest."""
    (folder / _RESERVE).write_bytes(bytes(_RESERVED))
    try:
        yield
    finally:
        release(folder)


def release(folder: Path) -> None:
    """Give up the room that `reserved` holds."""
    (folder / _RESERVE).unlink(missing_ok=True)


def mend_journals(folder: Path) -> None:
    """Cut off a last line that a crash tore: whatever is appended to it would be unreadable too.

    Locks of Optuna's that a crash left go as well, as the caller holds the folder; Optuna would wait 30 s for each.
    """
    for stale in folder.glob("optuna.journal.lock*"):
        stale.unlink(missing_ok=True)
    for name in _JOURNALS:
        path = folder / name
        if not path.exists():
            continue
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            path.write_bytes(whole)


def _absolute(value: object) -> str | None:
    return str(Path(value).absolute()) if isinstance(value, str | Path) else None


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # What an earlier run left (encoders, studies) would be taken for this one's. One that was killed before it
        # began has left its logs alone, and cannot be resumed.
        if any(path.name not in {_LOCK, _RESERVE, f"{_OPTIONS}.partial", *_LOGS} for path in folder.iterdir()):
            raise OptionError(
                f"the run folder '{folder}' is not empty: name a new one, or go on with its run by --resume {folder}"
            )
    except OSError as error:
        raise OptionError(f"the run folder '{folder}' cannot be used ({error.strerror}): name another one") from None
    return folder
