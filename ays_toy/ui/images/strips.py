"""Rows of pictures, one row a schedule: plain HTML, since a browser scales pictures better than a figure does."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from ays_toy.figures.images import png_address
from ays_toy.palette import color
from ays_toy.sampling.schedules import Schedule

_CSS = """
<style>
.strips { display: grid; gap: 3px 10px; align-items: center; grid-template-columns: minmax(88px, 28%) 1fr; }
.strips .name { font-size: 0.86rem; line-height: 1.25; font-weight: 600; text-align: right; break-after: avoid; }
.strips .name span { display: block; font-weight: 400; font-size: 0.76rem; opacity: 0.8; }
.strips .asked { display: grid; grid-template-columns: repeat(COUNT, 1fr); column-gap: SPACE%; }
.strips .asked { font-size: 0.86rem; font-weight: 600; line-height: 1.25; text-align: center; }
.strips.large { grid-template-columns: 1fr; } /* the pictures need the width: names above them */
.strips.large .name { text-align: left; margin-top: 4px; }
.strips.large .name span { display: inline; margin-left: 6px; }
@media (max-width: 640px) { /* as there */
  .strips { grid-template-columns: 1fr; }
  .strips .name { text-align: left; margin-top: 4px; }
  .strips .name span { display: inline; margin-left: 6px; }
}
.stApp .strips img { width: 100%; height: auto; max-height: none; object-fit: fill; display: block; }
.strips img { image-rendering: pixelated; border-radius: 2px; }
.strips img.smooth { image-rendering: auto; }
</style>
"""
GAP = 0.06  # between pictures, of their width
LARGE, SMOOTH = 16, 20  # pixels of height from which pictures get the page's width, and are scaled smoothly
EMPTY = 0x80  # gray where a picture is to come


@dataclass(frozen=True, eq=False)
class Strip:
    """One row: what was drawn, a line below its title, and pictures [K, H, W, 3] of one byte; None: to come."""

    schedule: Schedule
    note: str
    pictures: np.ndarray | None
    alt: str


def large(shape: tuple[int, int, int]) -> bool:
    """Whether pictures, by their number, height and width, are worth the width of a page."""
    return shape[1] > LARGE


def show(strips: Sequence[Strip], shape: tuple[int, int, int], asked: Sequence[str] = ()) -> None:
    """Draw the rows, all pictures of one size; `shape` is their number, height and width.

    What each picture was `asked` to show stands above its column.
    """
    count, kind = shape[0], "strips large" if large(shape) else "strips"
    above = ""
    if asked:  # only where names stand above the pictures, so that this is their column
        above = "".join(f"<span>{html.escape(one)}</span>" for one in asked)
        above = f"<div class='asked'>{above}</div>"
    css = _CSS.replace("COUNT", f"{count}").replace("SPACE", f"{100 * GAP / (count * (1 + GAP)):.2f}")
    rows = "".join(_row(strip, shape) for strip in strips)
    # What `st.html` takes a new browser reads when all else is there, and the page would make room for it then.
    st.markdown(f"{css}<div class='{kind}'>{above}{rows}</div>", unsafe_allow_html=True)


def _row(strip: Strip, shape: tuple[int, int, int]) -> str:
    note = f"<span>{html.escape(strip.note)}</span>" if strip.note else ""
    badge = f"<b style='color:{color(strip.schedule.name)}'>■</b>"
    smooth = " class='smooth'" if shape[1] > SMOOTH else ""
    alpha = 0xFF if strip.pictures is not None else 0x30
    pictures = np.full((*shape, 3), EMPTY, np.uint8) if strip.pictures is None else strip.pictures
    sheet = _sheet(pictures, alpha)
    size = f"width='{sheet.width}' height='{sheet.height}'"  # so that it has its room before the browser has read it
    return (
        f"<div class='name'>{badge} {html.escape(strip.schedule.title)}{note}</div>"
        f"<img{smooth} {size} alt='{html.escape(strip.alt)}' src='{png_address(sheet)}'>"
    )


def _sheet(pictures: np.ndarray, alpha: int = 0xFF) -> Image.Image:
    """The pictures side by side on one that is transparent, small ones enlarged: gaps can be thin."""
    count, height, width, _ = pictures.shape
    times = max(1, 64 // height)
    tiles = pictures.repeat(times, axis=1).repeat(times, axis=2)
    gap = max(2, round(GAP * width * times))
    sheet = np.zeros((height * times, count * (width * times + gap) - gap, 4), dtype=np.uint8)
    for k, tile in enumerate(tiles):
        left = k * (width * times + gap)
        sheet[:, left : left + width * times, :3] = tile
        sheet[:, left : left + width * times, 3] = alpha
    return Image.fromarray(sheet, "RGBA")
