"""Rows of small pictures, one row a schedule: plain HTML, since a browser scales pictures better than a figure does."""

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
.strips .name { font-size: 0.86rem; line-height: 1.25; font-weight: 600; text-align: right; }
.strips .name span { display: block; font-weight: 400; font-size: 0.76rem; opacity: 0.8; }
@media (max-width: 640px) { /* the pictures need the width: names above them */
  .strips { grid-template-columns: 1fr; }
  .strips .name { text-align: left; margin-top: 4px; }
  .strips .name span { display: inline; margin-left: 6px; }
}
.strips img { width: 100%; display: block; image-rendering: pixelated; border-radius: 2px; }
.strips img.smooth { image-rendering: auto; }
</style>
"""
GAP = 0.06  # between pictures, of their width


@dataclass(frozen=True, eq=False)
class Strip:
    """One row: what was drawn, a line below its title, and pictures [K, H, W, 3] of one byte."""

    schedule: Schedule
    note: str
    pictures: np.ndarray
    alt: str


def show(strips: Sequence[Strip]) -> None:
    """Draw the rows, all pictures of one size."""
    st.html(_CSS + f"<div class='strips'>{''.join(_row(strip) for strip in strips)}</div>")


def _row(strip: Strip) -> str:
    note = f"<span>{html.escape(strip.note)}</span>" if strip.note else ""
    badge = f"<b style='color:{color(strip.schedule.name)}'>■</b>"
    smooth = " class='smooth'" if strip.pictures.shape[1] > 32 else ""
    return (
        f"<div class='name'>{badge} {html.escape(strip.schedule.title)}{note}</div>"
        f"<img{smooth} alt='{html.escape(strip.alt)}' src='{_png(strip.pictures)}'>"
    )


def _png(pictures: np.ndarray) -> str:
    """The address of one transparent PNG of the pictures side by side, small ones enlarged: gaps can be thin."""
    count, height, width, _ = pictures.shape
    times = max(1, 64 // height)
    tiles = pictures.repeat(times, axis=1).repeat(times, axis=2)
    gap = max(2, round(GAP * width * times))
    sheet = np.zeros((height * times, count * (width * times + gap) - gap, 4), dtype=np.uint8)
    for k, tile in enumerate(tiles):
        left = k * (width * times + gap)
        sheet[:, left : left + width * times, :3] = tile
        sheet[:, left : left + width * times, 3] = 255
    return png_address(Image.fromarray(sheet, "RGBA"))
