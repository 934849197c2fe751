"""Arrays on disk, read strictly."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from automl.npz import KINDS, read_npz

SCALARS = st.one_of(
    arrays.boolean_dtypes(), arrays.integer_dtypes(), arrays.floating_dtypes(), arrays.unicode_string_dtypes()
)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def archive(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


@given(array=SCALARS.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0))))
def test_what_savez_writes_is_read_back(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    np.savez(path, a=array, other=np.arange(3))
    back = read_npz(path)
    np.testing.assert_array_equal(back["a"], array)
    assert back["a"].dtype.kind == array.dtype.kind
    assert back["a"].dtype.isnative
    assert back["other"].flags.writeable


def test_arrays_by_column_keep_their_cells(tmp_path):
    array = np.asfortranarray(np.arange(6).reshape(2, 3))
    np.savez(tmp_path / "a.npz", a=array)
    np.testing.assert_array_equal(read_npz(tmp_path / "a.npz")["a"], array)


def test_no_kind_of_object_is_read():
    assert "O" not in KINDS
    assert "V" not in KINDS


def header(shape: str, descr: str = "'<f8'", body: bytes = b"") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


@pytest.mark.parametrize(
    "content",
    [
        header("(1000000000000,)"),
        header("(-1, -8)", body=b"\0" * 64),
        header("(0, 1000000000000000000)"),
        header("(2,)", "'|O'", b"\0" * 16),
        header("(1,)", "[('a', '<f8')]", b"\0" * 8),
        header("(1,)", "'<f8'", b"\0" * 9),
        header("(1,)", "'|b1'", b"\7"),
        header("(1,)", "'<U1'", b"\xff\xff\xff\x7f"),
        header("(1,)", "'>U1'", b"\x7f\xff\xff\xff"),
        header("(1000,)", "'<U0'"),
        header("((((((1,),),),),),)"),
        npy(np.zeros(3))[:20],
        b"not an array",
    ],
)
def test_arrays_that_are_not_what_they_say_are_refused(tmp_path, content):
    with pytest.raises(ValueError, match=r"array|magic|dtype|boolean|character|header|shape"):
        read_npz(archive(tmp_path / "a.npz", {"a.npy": content}))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = archive(tmp_path / "a.npz", {"a.npy": npy(np.zeros(10**7))}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10**6
    with pytest.raises(ValueError, match="compressed"):
        read_npz(path)


def test_members_that_overlap_are_refused(tmp_path):
    path = archive(tmp_path / "a.npz", {f"a{i}.npy": npy(np.zeros(1000)) for i in range(4)})
    with zipfile.ZipFile(path, "a") as file:
        for member in file.infolist():
            member.header_offset = 0
        file.comment = b"the directory is written anew"
    with pytest.raises((ValueError, zipfile.BadZipFile)):
        read_npz(path)


def test_a_name_stands_once(tmp_path):
    path = archive(tmp_path / "a.npz", {"a.npy": npy(np.zeros(1)), "b.npy": npy(np.ones(1))})
    path.write_bytes(path.read_bytes().replace(b"b.npy", b"a.npy"))
    with pytest.raises(ValueError, match="same name"):
        read_npz(tmp_path / "a.npz")
