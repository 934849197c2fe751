"""Frozen dataclasses as data on disk: JSON for structure, NPZ for arrays, and no code in either.

`storable` registers a dataclass or an enum under a name; `save` writes an instance, nested ones included, to one
`.npz` file; `load` builds registered classes and nothing else, so a planted file can at worst be refused.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from automl.errors import ArtifactError
from automl.npz import KINDS, Arrays, read_npz
from automl.shapes import field_tests

T = TypeVar("T")

_CLASSES: dict[str, type] = {}
_NAMES: dict[type, str] = {}
_STRUCTURE = "structure"
_DEPTH = 40  # deeper nesting than any class of ours has is a damaged or hostile file


def storable(name: str) -> Callable[[type[T]], type[T]]:
    """Register a frozen dataclass or an enum under a name that stays the same across versions."""

    def register(cls: type[T]) -> type[T]:
        if _CLASSES.setdefault(name, cls) is not cls:
            raise ValueError(f"the storable name '{name}' is taken by {_CLASSES[name].__qualname__}: choose another")
        _NAMES[cls] = name
        return cls

    return register


def save(value: object, path: Path) -> None:
    """Write a storable value to one `.npz` file."""
    arrays: Arrays = {}
    structure = json.dumps(pack(value, arrays)).encode()
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **{_STRUCTURE: np.frombuffer(structure, dtype=np.uint8)}, **arrays)


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that, whenever the process dies, the old content or the new one is there and no mixture."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load(path: Path, expected: type[T]) -> T:
    """Read back what `save` wrote; raise `ArtifactError` where the file is damaged or holds something else."""
    try:
        arrays = read_npz(path)
        structure = json.loads(arrays.pop(_STRUCTURE).tobytes(), parse_constant=_refuse)
        value = unpack(structure, arrays)
    except FileNotFoundError:
        raise ArtifactError(f"{path}: the file is missing from the model folder; save the model again") from None
    except Exception as error:  # a forged file may fail in any way, in the validation of a plugin's classes too
        raise ArtifactError(f"{path}: the file is damaged ({error!r:.300}); use an intact copy of the model") from error
    if not isinstance(value, expected):
        raise ArtifactError(f"{path}: expected {expected.__qualname__}, found {type(value).__qualname__}")
    return value


def pack(value: Any, arrays: Arrays) -> Any:
    """Turn a value into JSON; arrays are put into `arrays` and named in their place."""
    if isinstance(value, Enum):
        return {"$enum": _NAMES[type(value)], "value": value.value}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, np.generic):
        return pack(value.item(), arrays)
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in KINDS:
            raise TypeError(f"arrays of dtype {value.dtype} cannot be stored: convert to numbers or text first")
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"$array": name}
    if isinstance(value, list | tuple):
        return [pack(item, arrays) for item in value]
    if isinstance(value, Mapping):
        return {"$map": [[pack(key, arrays), pack(item, arrays)] for key, item in value.items()]}
    if type(value) in _NAMES:
        fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        _check_fields(type(value), fields)
        packed = {name: pack(item, arrays) for name, item in fields.items()}
        return {"$type": _NAMES[type(value)], "fields": packed}
    raise TypeError(f"{type(value).__qualname__} cannot be stored: decorate the class with @storable")


def unpack(node: Any, arrays: Arrays, depth: int = 0) -> Any:
    """Turn what `pack` returned back into values; sequences come back as tuples."""
    if depth > _DEPTH:
        raise ValueError(f"nested deeper than {_DEPTH} levels")
    if isinstance(node, list):
        return tuple(unpack(item, arrays, depth + 1) for item in node)
    if not isinstance(node, dict):
        return node
    match node:
        case {"$array": str(name)}:
            return arrays[name]
        case {"$float": str(text)}:
            return float(text)
        case {"$map": list(pairs)}:
            return {unpack(key, arrays, depth + 1): unpack(item, arrays, depth + 1) for key, item in pairs}
        case {"$enum": str(name), "value": value}:
            return _CLASSES[name](value)
        case {"$type": str(name), "fields": dict(fields)}:
            values = {key: unpack(item, arrays, depth + 1) for key, item in fields.items()}
            _check_fields(_CLASSES[name], values)
            return _CLASSES[name](**values)
    raise ValueError(f"not a stored value: {str(node)[:80]}")


def _check_fields(cls: type, fields: Mapping[str, Any]) -> None:
    """Raise `TypeError` where a field's value is not what its annotation says."""
    tests = field_tests(cls)
    for name, value in fields.items():
        if name not in tests or not tests[name](value):
            raise TypeError(f"{cls.__qualname__}.{name} cannot be {str(value)[:80]!r}")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _refuse(constant: str) -> None:
    raise ValueError(f"the number {constant}")
