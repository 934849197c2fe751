from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from automl.data import images
from automl.data.apply import to_table
from automl.data.images import ImageSize, Places, choose_image_parsing, to_images, why_unreadable
from automl.data.infer import Wishes, infer_schema
from automl.data.prepare import DataOptions, prepare
from automl.data.schema import Role
from automl.errors import DataError


def cells(*names: str | None) -> np.ndarray:
    return np.array([*names, None], dtype=object)[:-1]


def half(mode: str = "RGB", size: tuple[int, int] = (8, 4)) -> Image.Image:
    """Black on the left and white on the right."""
    grey = np.zeros(size[::-1], np.uint8)
    grey[:, size[0] // 2 :] = 255
    return Image.fromarray(grey).convert(mode)


def test_colours_and_grey_values_are_kept(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels[..., 0]).save(tmp_path / "b.png")
    Image.fromarray(pixels[..., 0].astype(np.uint16) * 257).save(tmp_path / "deep.png")
    assert choose_image_parsing(["a.png", "b.png"], 2, tmp_path) == ("rgb 5x7", "")
    assert choose_image_parsing(["b.png", "deep.png"], 2, tmp_path) == ("grey 5x7", "")
    read = to_images(cells("a.png", " b.png"), "rgb 5x7", tmp_path)
    np.testing.assert_array_equal(read[0], pixels)
    np.testing.assert_array_equal(read[1], pixels[..., [0, 0, 0]])
    for name in ("b.png", "deep.png"):
        np.testing.assert_array_equal(to_images(cells(name), "grey 5x7", tmp_path)[0], pixels[..., :1])


def test_transparent_pixels_are_white_and_palettes_are_colours(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (3, 3), (255, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    half("P").save(tmp_path / "palette.gif")
    read = to_images(cells("clear.png"), "rgb 3x3", tmp_path)[0]
    assert (read == 255).all()
    palette = to_images(cells("palette.gif"), "rgb 4x8", tmp_path)[0]
    assert (palette[:, :4] == 0).all()
    assert (palette[:, 4:] == 255).all()


def test_images_are_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise is needed
    half().save(tmp_path / "turned.jpg", exif=exif)
    parsing, _ = choose_image_parsing(["turned.jpg"], 1, tmp_path)
    assert parsing == "rgb 8x4"
    upright = to_images(cells("turned.jpg"), parsing, tmp_path)[0]
    assert upright[0].mean() < 50
    assert upright[-1].mean() > 200


def test_mixed_sizes_get_one_and_large_columns_a_smaller_one(tmp_path: Path) -> None:
    for name, size in (("a.png", (100, 50)), ("b.png", (120, 60)), ("c.png", (20, 80))):
        half(size=size).save(tmp_path / name)
    names = ["a.png", "b.png", "c.png"]
    assert choose_image_parsing(names, 3, tmp_path)[0] == "rgb 60x100"
    assert {image.shape for image in to_images(cells(*names), "rgb 60x100", tmp_path)} == {(60, 100, 3)}
    assert choose_image_parsing(names, 30_000, tmp_path)[0] == "rgb 38x64"
    assert choose_image_parsing(names, 10_000_000, tmp_path)[0] == "rgb 19x32"


def test_broken_files_are_missing_until_all_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half().save(tmp_path / "good.png")
    half(size=(80, 80)).save(tmp_path / "large.png")
    whole = (tmp_path / "large.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("no image")
    monkeypatch.setattr(images, "MOST_PIXELS", 1000)
    broken = ("cut.png", "text.png", "absent.png", "large.png", None)
    read = to_images(cells("good.png", *broken), "rgb 4x8", tmp_path)
    assert [image is not None for image in read] == [True, False, False, False, False, False]
    with pytest.raises(DataError, match=r"none of 4 image files.*'.*cut\.png'.*--images"):
        to_images(cells(*broken), "rgb 4x8", tmp_path)
    assert to_images(cells(None, None), "rgb 4x8", tmp_path).tolist() == [None, None]


@pytest.mark.parametrize("cell", ["../secret.png", "a/../../secret.png", "/etc/passwd.png", "a\0.png"])
def test_paths_stay_inside_the_folder(cell: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="leads out of the folder"):
        Places(tmp_path).of(cell)


def test_paths_inside_may_be_absolute(tmp_path: Path) -> None:
    assert Places(tmp_path).of(" a/../b.png") == tmp_path / "b.png"
    assert Places(tmp_path).of(str(tmp_path / "b.png")) == tmp_path / "b.png"
    assert Places(None).of("/elsewhere/b.png") == Path("/elsewhere/b.png")


def test_links_and_pipes_do_not_lead_out(tmp_path: Path) -> None:
    half().save(tmp_path / "outside.png")
    inside = tmp_path / "inside"
    inside.mkdir()
    half().save(inside / "fine.png")
    (inside / "link.png").symlink_to(tmp_path / "outside.png")
    (inside / "folder").symlink_to(tmp_path)
    (inside / "near.png").symlink_to(inside / "fine.png")
    for cell in ("link.png", "folder/outside.png"):
        with pytest.raises(DataError, match="leads out of the folder"):
            Places(inside).of(cell)
    assert Places(inside).of("near.png") == inside / "near.png"
    os.mkfifo(inside / "pipe.png")
    assert why_unreadable(inside / "pipe.png", ImageSize(4, 4, 3)) == "is no plain file"


def test_sizes_are_text_and_back() -> None:
    for size in (ImageSize(32, 48, 3), ImageSize(8, 8, 1)):
        assert ImageSize.of(size.parsing) == size
    with pytest.raises(DataError, match="no size of images"):
        ImageSize.of("rgb 0x5")


def test_a_table_of_images_is_prepared_and_its_gaps_are_told(tmp_path: Path) -> None:
    for i in range(8):
        half(size=(8, 6)).save(tmp_path / f"{i}.png")
    (tmp_path / "7.png").write_bytes(b"\x89PNG")
    frame = pd.DataFrame(
        {
            "photo": [f"{i}.png" for i in range(8)],
            "wave": ["1 2 3 4", "2;3,5;4;5"] * 3 + ["oops", None],
            "y": ["a", "b"] * 4,
        }
    )
    roles = {"photo": Role.IMAGE, "wave": Role.SEQUENCE}
    prepared = prepare(frame, DataOptions("y", roles=roles, folder=tmp_path))
    table = prepared.dataset.table
    assert table.raw["photo"][0].shape == (6, 8, 3)
    assert table.raw["photo"][7] is None
    notes = " ".join(prepared.notes)
    assert "1 of 8 cells of 'photo' cannot be read and count as missing: '7.png' cannot be read" in notes
    assert "1 of 8 cells of 'wave' cannot be read and count as missing: 'oops' is no row of numbers" in notes


def test_an_image_column_needs_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half().save(tmp_path / "a.png")
    monkeypatch.setattr(images, "find_spec", lambda name: None)
    frame = pd.DataFrame({"photo": ["a.png", "a.png"], "x": [1, 2]})
    column = infer_schema(frame, Wishes(folder=tmp_path))["photo"]
    assert column.role is Role.DROPPED
    assert "pip install 'automl-engine[images]'" in column.reason


def test_the_column_that_fails_is_named(tmp_path: Path) -> None:
    half().save(tmp_path / "a.png")
    frame = pd.DataFrame({"photo": ["a.png"], "x": [1]})
    schema = infer_schema(frame, Wishes(folder=tmp_path, roles={"photo": Role.IMAGE}, keep=("x",)))
    with pytest.raises(DataError, match="column 'photo': none of 1 image files"):
        to_table(frame, schema, folder=tmp_path / "elsewhere")
