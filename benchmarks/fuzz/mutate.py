"""Seeded mutations: of bytes, of JSON trees, of archives of arrays, of text that is made of numbers."""

from __future__ import annotations

import io
import json
import random
import re
import sys
import zipfile
from typing import Any

import numpy as np

NUMBERS = (0, -1, 1, 2, 7, 255, 65535, 2**31 - 1, -(2**31), 2**31, 2**32, 2**63 - 1, -(2**63), 2**64, 10**30, 10**400)
REALS = (0.0, -0.0, 0.5, -1.5, 1e-320, 1e308, -1e308, 1e300, 3.5e38)
TEXTS = (
    "",
    "a",
    "x" * 100_000,
    "../../outside",
    "/etc/passwd",
    "..",
    ".",
    "\0",
    "a\0b",
    "\x1b]0;title\x07",
    "\ud800",
    "\u202eabc",
    "null",
    "NaN",
    "1e999",
    "0x1F",
    "os.system",
    "C:\\Windows",
    "%s%n",
    "{}",
    "'; DROP TABLE t;--",
    "encoder",
    "task",
)


def mutated_bytes(data: bytes, rng: random.Random) -> bytes:
    """Flip, cut, repeat, swap or overwrite a few places."""
    content = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        size = len(content)
        if not size:
            return bytes(rng.randbytes(rng.randrange(64)))
        at = rng.randrange(size)
        length = min(size - at, rng.choice([1, 2, 4, 8, 64, 512]))
        match rng.randrange(9):
            case 0 | 1:
                content[at] ^= 1 << rng.randrange(8)
            case 2:
                content[at] = rng.randrange(256)
            case 3:
                del content[at : at + length]
            case 4:
                del content[at:]
            case 5:
                content[at:at] = content[at : at + length] * rng.choice([1, 2, 50])
            case 6:
                content[at : at + length] = rng.randbytes(length)
            case 7:
                number = rng.choice(NUMBERS[:-2]) & (2**64 - 1)
                content[at : at + 4] = (number & (2**32 - 1)).to_bytes(4, rng.choice(["little", "big"]))
            case 8:
                other = rng.randrange(size)
                content[at : at + length], content[other : other + length] = (
                    content[other : other + length],
                    content[at : at + length],
                )
    return bytes(content)


def hostile_value(rng: random.Random) -> Any:
    """Return a value that JSON can hold and nobody expects."""
    match rng.randrange(8):
        case 0 | 1:
            return rng.choice(NUMBERS)
        case 2:
            return rng.choice(REALS)
        case 3 | 4:
            return rng.choice(TEXTS)
        case 5:
            return rng.choice([None, True, False, [], {}])
        case 6:
            nested: Any = 1
            for _ in range(rng.choice([5, 50, 500])):
                nested = [nested] if rng.random() < 0.5 else {"$map": [[1, nested]]}
            return nested
    return [rng.choice(NUMBERS) for _ in range(rng.choice([1, 3, 1000]))]


def mutated_tree(tree: Any, rng: random.Random) -> Any:
    """Replace, remove, repeat or swap a few nodes of a JSON value; the value itself is changed."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        places = list(_places(tree))
        if not places:
            return hostile_value(rng)
        parent, key = rng.choice(places)
        match rng.randrange(8):
            case 0 | 1 | 2:
                parent[key] = hostile_value(rng)
            case 3:
                parent[key] = _near(parent[key], rng)
            case 4:
                del parent[key]
            case 5 if isinstance(parent, list):
                parent.insert(rng.randrange(len(parent) + 1), parent[key])
            case 5:
                parent[rng.choice(TEXTS)] = parent[key]
            case 6:
                other, name = rng.choice(places)
                if name in other if isinstance(other, dict) else name < len(other):
                    parent[key] = json.loads(dumps(other[name]))
            case 7 if isinstance(parent, list):
                rng.shuffle(parent)
    return tree


def _near(value: Any, rng: random.Random) -> Any:
    """Return a value of the same kind that is a little off."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice([-1, 1, 10, -1000])
    if isinstance(value, float):
        return value * rng.choice([-1.0, 1e10, 1.01])
    if isinstance(value, str):
        at = rng.randrange(len(value) + 1)
        return value[:at] + rng.choice(["", "x", "/", "\0", "é"]) + value[at + 1 :]
    return hostile_value(rng)


def _places(tree: Any) -> Any:
    stack = [tree]
    while stack:
        node = stack.pop()
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, child in list(pairs):
            yield node, key
            stack.append(child)


def dumps(tree: Any) -> str:
    """Write JSON, however large its integers and however deep."""
    depth = sys.getrecursionlimit()
    sys.set_int_max_str_digits(0)
    sys.setrecursionlimit(20_000)
    try:
        return json.dumps(tree)
    finally:
        sys.set_int_max_str_digits(4300)
        sys.setrecursionlimit(depth)


def mutated_npz(data: bytes, rng: random.Random) -> bytes:
    """Mutate the structure or an array of a stored value, and pack it whole again."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        arrays: dict[str, Any] = {name: archive[name] for name in archive.files}
    names = [name for name in arrays if name != "structure"]
    if not names or rng.random() < 0.5:
        text = dumps(mutated_tree(json.loads(arrays["structure"].tobytes()), rng))
        arrays["structure"] = np.frombuffer(text.encode(), dtype=np.uint8)
    else:
        name = rng.choice(names)
        arrays[name] = _mutated_array(arrays[name], arrays[rng.choice(names)], rng)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays) if rng.random() < 0.05 else np.savez(out, **arrays)
    return out.getvalue()


def _mutated_array(array: Any, other: Any, rng: random.Random) -> Any:
    array = array.copy()
    match rng.randrange(7):
        case 0 if array.size and array.dtype.kind in "iuf":
            for _ in range(rng.choice([1, 3])):
                value = rng.choice([*NUMBERS[:8], -1, 3, 100, *REALS, float("nan"), float("inf")])
                with np.errstate(all="ignore"):
                    array.flat[rng.randrange(array.size)] = np.array(value, dtype=np.float64).astype(array.dtype)
        case 1 if array.size:
            raw = bytearray(array.tobytes())
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
            array = np.frombuffer(bytes(raw), array.dtype).reshape(array.shape)
        case 2:
            array = array[: rng.randrange(len(array) + 1)] if array.ndim else array.reshape(1)
        case 3:
            array = np.concatenate([array, array]) if array.ndim else np.zeros((2, 2))
        case 4:
            array = array.reshape(-1) if rng.random() < 0.5 else array[None]
        case 5:
            array = (
                array.astype(rng.choice(["f4", "i2", "i8", "U5", "f8", ">i4", "b1"])) if array.dtype != "U" else other
            )
        case _:
            array = other
    return array


def mutated_zip(data: bytes, rng: random.Random) -> bytes:
    """Edit an archive: rename, drop, repeat, deflate or mutate members."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    at = rng.randrange(len(members))
    name, content = members[at]
    compression = zipfile.ZIP_STORED
    match rng.randrange(6):
        case 0:
            members[at] = (rng.choice(["../../outside.npy", "/outside.npy", "a" * 60_000, "structure"]), content)
        case 1:
            del members[at]
        case 2:
            members.append((f"x{len(members)}.npy", content))
        case 3:
            compression = zipfile.ZIP_DEFLATED
            members[at] = (name, content + b"\0" * 20_000_000)
        case 4:
            members[at] = (name, mutated_bytes(content, rng))
        case 5:
            members[at] = (name, mutated_bytes(content[:128], rng) + content[128:])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def mutated_text(text: str, rng: random.Random) -> str:
    """Replace numbers, drop, repeat or swap lines of a text that is made of numbers."""
    lines = text.split("\n")
    for _ in range(rng.choice([1, 1, 2, 3])):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(6):
            case 0 | 1 | 2:
                lines[at] = _other_number(lines[at], rng)
            case 3:
                lines[at], lines[other] = lines[other], lines[at]
            case 4:
                lines[at] = lines[other]
            case 5:
                del lines[at]
                lines = lines or [""]
    return "\n".join(lines)


def _other_number(line: str, rng: random.Random) -> str:
    found = list(re.finditer(r"-?\d[\d.e+-]*", line))
    if not found:
        return line + rng.choice(["x", " 1", "\0", "=1"])
    spot = rng.choice(found)
    new = rng.choice([*map(str, NUMBERS[:-1]), "1e1", "2e-1", "nan", "inf", "-5", "3", "", " ", "1 1", "0x10", "+1"])
    return line[: spot.start()] + new + line[spot.end() :]
