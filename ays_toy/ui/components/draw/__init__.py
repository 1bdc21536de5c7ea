"""The drawing pad: strokes of a brush by mouse, finger, pen or keyboard, undone and redone in the browser."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ays_toy.data import drawing
from ays_toy.data.drawing import Drawing
from ays_toy.ui.components import sampling
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.exchange import told
from ays_toy.ui.components.sampling import Live

_pad = st.components.v2.component(
    "ays_drawing_pad",
    css=read("shared.css", "draw.css", "live.css"),
    js=read("plot.js", "draw_paint.js") + sampling.script() + read("draw_samples.js", "draw.js"),
)
TITLES = {
    "none": "None",
    "left-right": "Left–right",
    "four-fold": "Four-fold",
    "rotate-2": "2 turns",
    "rotate-3": "3 turns",
    "rotate-5": "5 turns",
    "rotate-6": "6 turns",
    "rotate-8": "8 turns",
}


@dataclass(frozen=True)
class PadData:
    """What lies on the pad, and what came of it in words.

    `version` changes whenever the drawing does for another reason than the browser's own last stroke. `live` are the
    samples of what is drawn, under `levels`, as they follow the brush; None where a browser is too slow for so many
    points. The figure must say as its layout's `meta` which drawing it shows: `last_deed`.
    """

    drawing: Drawing
    version: str
    words: str
    live: Live | None = None
    levels: tuple[float, ...] = ()

    def payload(self) -> dict[str, Any]:
        """As JSON, with the bounds that the library holds."""
        return {
            "strokes": self.drawing.to_json(),
            "version": self.version,
            "words": self.words,
            "lattice": drawing.LATTICE,
            "brush": [drawing.LEAST_BRUSH, drawing.MAX_BRUSH],
            "strengths": drawing.STRENGTHS,
            "symmetries": [
                {"name": name, "title": TITLES[name], "matrices": matrices.reshape(-1, 4).tolist()}
                for name, matrices in drawing.SYMMETRIES.items()
            ],
            "most": drawing.MAX_STROKES,
            "live": self.live and self.live.payload(None),
            "levels": self.levels,
        }


def pad(data: PadData, key: str) -> None:
    """Draw the pad; `last_drawing` tells what was drawn on it."""
    _pad(data=data.payload(), default={"drawing": None}, key=key, on_drawing_change=lambda: None)


def last_drawing(key: str) -> tuple[Any, str] | None:
    """The strokes as the browser last sent them, to be checked, and the version they began from; None before that."""
    sent = told(key, "drawing")
    version = sent.get("version")
    return (sent.get("strokes"), version) if isinstance(version, str) else None


def last_deed(key: str) -> Any:
    """What tells the browser's last drawing from those before, as the browser sent it; None before the first."""
    return told(key, "drawing").get("deed")
