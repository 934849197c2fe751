"""Values as data on disk."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import ArtifactError
from automl.storage import load, pack, save, storable, unpack
from automl.task import Task, TaskKind


@storable("test.leaf")
@dataclass(frozen=True, eq=False)
class Leaf:
    values: np.ndarray
    name: str


@storable("test.tree")
@dataclass(frozen=True, eq=False)
class Tree:
    leaves: tuple[Leaf, ...]
    by_name: dict[str, int]
    limit: float


def test_nested_values_come_back_equal(tmp_path: Path):
    tree = Tree((Leaf(np.arange(3.0), "a"), Leaf(np.array(["x", "y"]), "b")), {"k": 1}, float("inf"))
    save(tree, tmp_path / "tree.npz")
    back = load(tmp_path / "tree.npz", Tree)
    assert [leaf.name for leaf in back.leaves] == ["a", "b"]
    np.testing.assert_array_equal(back.leaves[0].values, tree.leaves[0].values)
    np.testing.assert_array_equal(back.leaves[1].values, tree.leaves[1].values)
    assert (back.by_name, back.limit) == ({"k": 1}, float("inf"))


def test_enums_keep_their_type():
    task = Task(TaskKind.BINARY, "y", ("no", "yes"))
    assert unpack(json.loads(json.dumps(pack(task, {}))), {}) == task


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists))
def test_plain_values_survive_json(value):
    def tuples(item):
        return tuple(tuples(i) for i in item) if isinstance(item, list) else item

    assert unpack(json.loads(json.dumps(pack(value, {}))), {}) == tuples(value)


def test_objects_are_refused():
    with pytest.raises(TypeError, match="cannot be stored"):
        pack(object(), {})
    with pytest.raises(TypeError, match="dtype object"):
        pack(np.array([object()]), {})


def test_an_array_of_pickled_objects_is_not_read(tmp_path: Path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    np.savez(tmp_path / "bomb.npz", structure=np.array([Bomb()], dtype=object), allow_pickle=True)
    with pytest.raises(ArtifactError, match="damaged"):
        load(tmp_path / "bomb.npz", Tree)
    (tmp_path / "plain.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ArtifactError, match="damaged"):
        load(tmp_path / "plain.npz", Tree)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("node", [{"$type": "os.system", "fields": {}}, {"$array": "a9"}, {"$what": 1}])
def test_unknown_structures_are_refused(tmp_path: Path, node):
    structure = np.frombuffer(json.dumps(node).encode(), dtype=np.uint8)
    np.savez(tmp_path / "file.npz", structure=structure)
    with pytest.raises(ArtifactError, match="damaged"):
        load(tmp_path / "file.npz", Tree)


def test_deep_nesting_is_refused(tmp_path: Path):
    structure = np.frombuffer(b"[" * 60 + b"]" * 60, dtype=np.uint8)
    np.savez(tmp_path / "file.npz", structure=structure)
    with pytest.raises(ArtifactError, match="nested deeper"):
        load(tmp_path / "file.npz", Tree)


def test_truncated_and_missing_files_are_named(tmp_path: Path):
    path = tmp_path / "leaf.npz"
    save(Leaf(np.arange(100.0), "a"), path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ArtifactError, match=r"leaf\.npz: the file is damaged"):
        load(path, Leaf)
    with pytest.raises(ArtifactError, match="missing"):
        load(tmp_path / "other.npz", Leaf)


def test_a_name_is_taken_once():
    with pytest.raises(ValueError, match="taken"):
        storable("test.leaf")(dataclass(frozen=True)(type("Other", (), {})))


@pytest.mark.parametrize("fields", [{"values": 1, "name": "a"}, {"values": {"$array": "a0"}, "name": 5}, {"other": 1}])
def test_fields_of_another_kind_are_refused(tmp_path: Path, fields):
    node = {"$type": "test.leaf", "fields": fields}
    structure = np.frombuffer(json.dumps(node).encode(), dtype=np.uint8)
    np.savez(tmp_path / "file.npz", structure=structure, a0=np.zeros(2))
    with pytest.raises(ArtifactError, match="Leaf"):
        load(tmp_path / "file.npz", Leaf)


def test_numbers_that_json_does_not_know_are_refused(tmp_path: Path):
    np.savez(tmp_path / "file.npz", structure=np.frombuffer(b"[NaN]", dtype=np.uint8))
    with pytest.raises(ArtifactError, match="NaN"):
        load(tmp_path / "file.npz", tuple)


def test_what_could_not_be_read_again_is_not_saved(tmp_path: Path):
    with pytest.raises(TypeError, match=r"Tree\.limit"):
        save(Tree((), {}, "high"), tmp_path / "tree.npz")  # type: ignore[arg-type]
