"""Any PNG or JPEG becomes ink; what is hostile, damaged or empty becomes one sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from ays_toy.data import ink, own_image
from ays_toy.data.own_image import read_image


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def shape(width: int = 120, height: int = 80) -> np.ndarray:
    """A dark L on white paper [height, width, 3]: a bar at the left and one, half as dark, along the bottom."""
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    pixels[height // 8 : -height // 8, width // 8 : width // 4] = 0
    pixels[-height // 4 : -height // 8, width // 4 : -width // 8] = 128
    return pixels


PLAIN = saved(Image.fromarray(shape()))
JPEG = saved(Image.fromarray(shape()), "JPEG", quality=95)
DARK = (slice(20, 60), slice(18, 28))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, body: bytes = b"", kind: int = 0) -> bytes:
    """A PNG of 8 bits that claims a size, whatever its body holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def close_to_plain(found: np.ndarray, tolerance: float = 0.12) -> None:
    assert found.shape == (80, 120)
    assert np.abs(found - read_image(PLAIN)).mean() < tolerance / 10
    assert found[DARK].mean() > 1 - tolerance


def test_dark_is_ink_in_proportion_and_paper_is_none() -> None:
    found = read_image(PLAIN)
    assert (found.min(), found.max()) == (0.0, 1.0)
    assert found[DARK].min() == 1
    assert found[64:69, 40:100].mean() == pytest.approx(0.5, abs=0.05)
    assert (found[:9] == 0).all()
    points = ink.points(found, 10_000, torch.Generator().manual_seed(0))
    left = points[:, 0] < 30
    area = found[:, :30].sum() / found.sum()
    assert left.mean() == pytest.approx(area, abs=0.005)
    assert points[left, 1].max() > 60 > 20 > points[~left, 1].max()  # y goes up: the bar along the bottom is low


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(shape()).convert("L"),
        Image.fromarray(shape()).convert("P"),
        Image.fromarray(shape()).convert("RGBA"),
        Image.fromarray(shape()).convert("LA"),
        Image.fromarray(shape()[..., 0].astype(np.uint16) * 257),
    ],
    ids=["gray", "palette", "rgba", "gray and alpha", "16 bits"],
)
def test_every_kind_of_png_is_the_same_ink(image: Image.Image) -> None:
    close_to_plain(read_image(saved(image)))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg_is_nearly_the_same_ink(mode: str) -> None:
    close_to_plain(read_image(saved(Image.fromarray(shape()).convert(mode), "JPEG", quality=95)))


def test_a_photo_that_the_camera_held_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    turned = Image.fromarray(np.rot90(shape()).copy())
    close_to_plain(read_image(saved(turned, "JPEG", quality=95, exif=exif)))


def test_bright_on_dark_is_found_by_its_border_and_can_be_said() -> None:
    negative = saved(Image.fromarray(255 - shape()))
    close_to_plain(read_image(negative), 0.02)
    close_to_plain(read_image(negative, "bright"), 0.02)
    assert read_image(PLAIN, "dark")[DARK].min() == 1
    for data, which in ((PLAIN, "bright"), (negative, "dark")):
        with pytest.raises(ValueError, match=f"Nothing in the image is {which}er than its paper"):
            read_image(data, which)
    with pytest.raises(ValueError, match="Unknown ink 'red': choose one of auto"):
        read_image(PLAIN, "red")


@pytest.mark.parametrize("shade", [0, 255])
def test_what_is_cut_out_of_nothing_is_ink_whether_black_or_white(shade: int) -> None:
    pixels = np.full((80, 120, 4), shade, dtype=np.uint8)
    pixels[..., 3] = 255 - shape()[..., 0]
    close_to_plain(read_image(saved(Image.fromarray(pixels))))


def test_grainy_gray_paper_holds_no_ink() -> None:
    grain = np.random.default_rng(1).integers(-6, 7, (80, 120, 3))
    found = read_image(saved(Image.fromarray((shape() * 0.8 + 20 + grain).clip(0, 255).astype(np.uint8))))
    assert (found[:9] == 0).all()
    assert found[DARK].min() > 0.9


@pytest.mark.parametrize("mirror", [False, True], ids=["dark on gray", "bright on gray"])
def test_gray_paper_may_be_darker_than_half_and_ink_brighter(mirror: bool) -> None:
    """Paper 120 and ink 20, where the border alone would say that ink is what is bright; and the other way round."""
    pixels = (20 + shape() / 255 * 100).astype(np.uint8)
    data = saved(Image.fromarray(255 - pixels if mirror else pixels))
    close_to_plain(read_image(data), 0.1)
    close_to_plain(read_image(data, "bright" if mirror else "dark"), 0.1)


def test_a_thin_line_outweighs_a_wide_shadow() -> None:
    pixels = np.full((200, 200), 200, dtype=np.uint8)
    pixels[20:-20, 20:-20] = 225  # the light falls on the middle
    pixels[100:102, 60:140] = 30
    found = read_image(saved(Image.fromarray(pixels)))
    assert (found[99:103].sum(), found[:98].sum()) == (pytest.approx(found.sum()), 0)


@pytest.mark.parametrize(
    "pixels",
    [
        np.uint8(shape()[..., 0] == 0),  # a mask of zeros and ones
        np.uint16(shape()[..., 0] == 0),
        np.uint16(255 - shape()[..., 0]),  # 8 bits in the file of 16
        np.uint8((shape() == 0) * [255, 0, 0] + (shape() != 0) * [0, 130, 0]),  # red on a green as bright
    ],
    ids=["mask", "mask of 16 bits", "8 of 16 bits", "hue alone"],
)
def test_what_is_not_one_color_is_not_called_so(pixels: np.ndarray) -> None:
    found = read_image(saved(Image.fromarray(pixels)))
    assert found[DARK].min() > 0.99
    assert found[:9].max() == 0


def test_a_pale_shape_cut_out_is_ink() -> None:
    pixels = np.zeros((80, 120, 4), dtype=np.uint8)
    pixels[..., 3] = (255 - shape()[..., 0]) * 0.4
    close_to_plain(read_image(saved(Image.fromarray(pixels))))


def test_sixteen_bits_keep_their_turn_and_their_transparency() -> None:
    deep = shape()[..., 0].astype(np.uint16) * 257
    exif = Image.Exif()
    exif[0x0112] = 6
    close_to_plain(read_image(saved(Image.fromarray(np.rot90(deep).copy()), exif=exif)), 0.02)
    nothing = np.where(deep == 0, 0, 30_000).astype(np.uint16)
    close = read_image(saved(Image.fromarray(nothing), transparency=30_000))
    assert (close[DARK].min(), close[:9].max(), close[64:69, 40:100].max()) == (1, 0, 0)


def test_notes_of_the_camera_that_are_damaged_do_not_cost_the_picture() -> None:
    close_to_plain(read_image(saved(Image.fromarray(shape()), "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff")))


def test_large_images_are_made_small_and_keep_their_shape() -> None:
    found = read_image(saved(Image.fromarray(shape(3000, 2000)), "JPEG"))
    assert max(found.shape) == own_image.SIDE
    assert found.shape[1] / found.shape[0] == pytest.approx(1.5, abs=0.01)
    assert found[128:213, 70:120].mean() > 0.95


def test_of_an_animation_the_first_picture_counts() -> None:
    other = Image.new("RGB", (120, 80), "white")
    close_to_plain(read_image(saved(Image.fromarray(shape()), save_all=True, append_images=[other, other])), 0.001)


WHITE = Image.new("RGB", (50, 50), "white")


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "not a PNG or JPEG"),
        (b"x,y\n1,2\n" * 100, "not a PNG or JPEG"),
        (saved(Image.fromarray(shape()), "GIF"), "not a PNG or JPEG"),
        (saved(Image.fromarray(shape()), "TIFF"), "not a PNG or JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG or JPEG"),
        (PLAIN[:20], "not a PNG or JPEG|damaged or cut short"),
        (PLAIN[: len(PLAIN) // 2], "damaged or cut short"),
        (JPEG[: len(JPEG) // 2], "damaged or cut short"),
        (png(100, 100, b"\x00" * 40), "damaged or cut short"),
        (png(100, 100, zlib.compress(b"")), "damaged or cut short"),
        (saved(WHITE), "one color all over"),
        (saved(Image.new("L", (50, 50), 0)), "one color all over"),
        (saved(Image.new("RGB", (50, 50), (90, 120, 60)), "JPEG"), "one color all over"),
        (saved(Image.new("RGBA", (50, 50), (0, 0, 0, 0))), "transparent all over"),
        (saved(Image.new("L", (1, 1), 77)), "one color all over"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50_000_000), r"47\.7 MiB, where 2 MiB can be read"),
        (saved(Image.new("1", (6000, 5000))), "30 megapixels, where 25"),
        (png(12_000, 12_000), "144 megapixels, where 25"),
        (png(2**31 - 1, 2**31 - 1), "megapixels, where 25"),
        (png(0, 10), "damaged|not a PNG"),
    ],
)
def test_every_fault_is_one_sentence(data: bytes, match: str) -> None:
    with pytest.raises(ValueError, match=match) as error:
        read_image(data)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


def test_a_line_one_pixel_wide_and_one_high_is_enough() -> None:
    pixels = np.full((1, 40), 255, dtype=np.uint8)
    pixels[0, 10:20] = 0
    assert read_image(saved(Image.fromarray(pixels))).sum() == 10


@given(some.sampled_from([PLAIN, JPEG]), some.lists(some.tuples(some.floats(0, 1), some.integers(0, 255)), max_size=6))
def test_damage_of_any_kind_is_ink_or_one_sentence(data: bytes, damage: list[tuple[float, int]]) -> None:
    broken = bytearray(data)
    for place, value in damage:
        broken[int(place * (len(data) - 1))] = value
    sentence = ""
    try:
        found = read_image(bytes(broken))
    except ValueError as error:
        found, sentence = None, str(error)
    if found is None:
        assert sentence.endswith(".")
        assert "\n" not in sentence
    else:
        assert np.isfinite(found).all()
        assert found.max() == 1
