"""The field player: a denoiser's arrows over the density of noisy data, scrubbed through noise levels."""

from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st
from plotly.colors import sample_colorscale, unlabel_rgb

from ays_toy.palette import DENSITY
from ays_toy.runs.fields import LATTICE, FieldData, Frame
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.exchange import as_text

_player = st.components.v2.component(
    "ays_field_player",
    css=read("shared.css", "field.css"),
    js=read("transport.js", "plot.js", "base64.js", "arrows.js", "field.js"),
)
BEGIN = 0.15  # the noise level shown first: the data are blurred and can still be made out
_COLORS = np.array([unlabel_rgb(color) for color in sample_colorscale(DENSITY, 256)]).round().astype(np.uint8)


def field_player(frames: FieldData, key: str, title: str = "Learned model") -> None:
    """Draw the arrows of a denoiser, titled `title`, and beside them those of the exact one where frames hold them."""
    _player(data={"title": title, **payload(frames)}, key=key)


@lru_cache(maxsize=8)  # a run that is followed asks for the same every second
def payload(frames: FieldData) -> dict[str, Any]:
    """As JSON; arrays as base64 of bytes or of little-endian float32."""
    levels = np.log([frame.sigma for frame in frames.frames])
    return {
        "lattice": LATTICE,
        "half_width": frames.half_width,
        "colors": as_text(_COLORS),
        "begin": int(np.abs(levels - np.log(BEGIN)).argmin()),
        "frames": [_frame(frame) for frame in frames.frames],
    }


def _frame(frame: Frame) -> dict[str, Any]:
    return {
        "sigma": frame.sigma,
        "half_width": frame.half_width,
        "density": as_text(frame.density),
        "arrows": as_text(frame.arrows.astype("<f4")),
        "exact": None if frame.exact is None else as_text(frame.exact.astype("<f4")),
        "likely": as_text(frame.likely),
        "longest": frame.longest,
        "label": label(frame),
    }


def label(frame: Frame) -> str:
    """A frame in words: 'noise level σ = 0.50, axes ±2.1; learned and exact differ by …'."""
    words = f"Noise level σ = {_two_digits(frame.sigma)}, axes ±{frame.half_width:.1f}"
    if frame.error is None:
        return words
    if frame.error < 5e-4:
        return f"{words}; learned and exact agree"
    off = f"{100 * frame.error:.2g}" if frame.error < 0.1 else f"{100 * frame.error:.0f}"
    return f"{words}; on noisy data, learned and exact differ by {off} % of the arrows' length (rms)"


def _two_digits(value: float) -> str:
    """Two significant digits, final zeros kept: '5.0', '0.50', '0.020'."""
    digits = max(0, 1 - int(np.floor(np.log10(value))))
    return f"{value:.{digits}f}"
