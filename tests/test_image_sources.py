"""A folder of clean images: every way to write a picture is one picture, and a file that cannot be read is named."""

import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ays_toy import images
from ays_toy.images import sources
from ays_toy.images.pipelines.models import ImageModel

SHOWN = np.full((16, 16, 3), 255, np.uint8)
SHOWN[4:12, 2:6] = 0
BLACK = SHOWN[..., 0] == 0


def model(*shape: int) -> ImageModel:
    """One of pixels of that shape."""
    return replace(images.load("digits", device="cpu"), shape=shape)


def turned() -> dict[str, Any]:
    """Options that note a turn by 90 degrees, clockwise."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return {"exif": exif}


def cut_out() -> Image.Image:
    """Black on nothing, with a color that nobody should see where there is nothing."""
    return Image.fromarray(np.dstack([np.where(BLACK, 0, 90)] * 3 + [BLACK * 255]).astype(np.uint8))


def palette() -> Image.Image:
    image = Image.fromarray(np.uint8(~BLACK))
    image.putpalette([0, 0, 0, 200, 10, 10])
    return image


WAYS: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
    mode: (Image.fromarray(SHOWN).convert(mode), "png", {}) for mode in ("RGB", "L", "1", "P", "LA", "RGBA")
} | {
    "cut out": (cut_out(), "png", {}),
    "cut out, WebP": (cut_out(), "webp", {"lossless": True}),
    "palette, one color transparent": (palette(), "png", {"transparency": 1}),
    "16 bits": (Image.fromarray(SHOWN[..., 0].astype(np.uint16) * 257), "png", {}),
    "CMYK": (Image.fromarray(SHOWN).convert("CMYK"), "jpg", {"quality": 100}),
    "bitmap": (Image.fromarray(SHOWN), "bmp", {}),
    "turned": (Image.fromarray(np.rot90(SHOWN).copy()), "png", turned()),
    "16 bits, turned": (Image.fromarray(np.rot90(SHOWN[..., 0].astype(np.uint16) * 257).copy()), "png", turned()),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_write_a_picture_is_the_same_picture(tmp_path: Path, way: str, channels: int) -> None:
    image, suffix, options = WAYS[way]
    for name in "ab":
        image.save(tmp_path / f"{name}.{suffix}", **options)
    found = sources.find(model(channels, 16, 16), 2, folder=tmp_path)
    expected = torch.as_tensor(SHOWN / 127.5 - 1, dtype=torch.float32).permute(2, 0, 1)[:channels]
    tolerance = 0.03 if suffix == "jpg" else 1e-5
    torch.testing.assert_close(found.x0, expected.expand(2, -1, -1, -1), atol=tolerance, rtol=0)
    assert "cropped" not in found.about


def test_of_many_files_the_one_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for k in range(5):
        Image.new("RGB", (8, 8), (50 * k, 0, 0)).save(tmp_path / f"{k}.png")
    (tmp_path / "._0.png").write_bytes(b"what a Mac leaves beside each file")
    (tmp_path / "folder.png").mkdir()
    assert len(sources.find(model(3, 8, 8), 9, folder=tmp_path).x0) == 5
    whole = (tmp_path / "2.png").read_bytes()
    huge = whole[12:16] + struct.pack(">II", 9000, 9000) + whole[24:29]
    for data, words in (
        (whole[:-30], "is damaged or cut short"),
        (b"", "is not a PNG"),
        (whole[:12] + huge + struct.pack(">I", zlib.crc32(huge)) + whole[33:], r"has 81 megapixels, where 67\.1 can"),
    ):
        (tmp_path / "2.png").write_bytes(data)
        with pytest.raises(ValueError, match=rf"^2\.png {words}") as caught:
            sources.find(model(3, 8, 8), 9, folder=tmp_path)
        assert "\n" not in str(caught.value)


def test_pictures_for_a_model_of_other_channels_are_a_sentence(tmp_path: Path) -> None:
    for name in "ab":
        Image.new("RGB", (8, 8)).save(tmp_path / f"{name}.png")
    with pytest.raises(ValueError, match="Pictures have 1 or 3 channels and this model's have 2"):
        sources.find(model(2, 8, 8), 2, folder=tmp_path)


def test_a_single_picture_is_called_one(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="holds 1 image, and two are needed"):
        sources.find(model(3, 8, 8), 2, folder=tmp_path)
