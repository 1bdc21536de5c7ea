"""The rail: noise levels that one drags, priced in the browser from a table that is sent once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ays_toy.checks import SIGMA_DATA
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui.components import sampling
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.exchange import SentOnce, as_text, told
from ays_toy.ui.components.sampling import Live
from ays_toy.ui.components.search import marks

_rail = st.components.v2.component(
    "ays_rail",
    css=read("shared.css", "knob.css", "rail.css", "live.css"),
    js=read("plot.js", "rail_pricing.js", "rail_picture.js") + sampling.script() + read("rail.js"),
)


class Table(SentOnce):
    """What the browser prices schedules from: a PathGram's pair differences, and the least cost for 1, 2, … steps."""

    always = ("least",)

    @classmethod
    def of(cls, gram: PathGram, power: float, least: Sequence[float]) -> "Table":
        """The table for the weight's power; differences travel as float32, 64 kB for 128 levels."""
        values = {"grid": gram.grid.tolist(), "power": power, "std": SIGMA_DATA, "least": [float(v) for v in least]}
        return cls({**values, "differences": as_text(gram.differences.astype("<f4"))})


@dataclass(frozen=True, eq=False)
class RailData:
    """Levels [n+1] on the rail, and the rows below it, unknown where they have no levels.

    `version` changes whenever the levels do for another reason than the browser's own last move.
    """

    sigmas: np.ndarray
    version: str
    table: Table
    title: str
    unit: str
    others: tuple[Schedule, ...]
    most: int  # inner levels that may be placed
    fixed: bool = False  # whether there are as many as there are, and none is added or removed
    live: Live | None = None  # drawn in the browser while levels move; None where that takes too long

    def payload(self, known: Any, model: Any = None) -> dict[str, Any]:
        """As JSON; `known` is the id of the table that the browser holds, `model` that of the model."""
        return {
            "sigmas": self.sigmas.tolist(),
            "version": self.version,
            "table": self.table.payload(known),
            "title": self.title,
            "unit": self.unit,
            "others": [marks(other) for other in self.others],
            "most": self.most,
            "fixed": self.fixed,
            "live": self.live and self.live.payload(model),
        }


def rail(data: RailData, key: str) -> None:
    """Draw the rail; `last_move` tells what was done with it."""
    held = told(key, "move")
    sent = data.payload(held.get("table"), held.get("model"))
    _rail(data=sent, default={"move": None}, key=key, on_move_change=lambda: None)


def last_move(key: str) -> tuple[list[Any], str] | None:
    """The inner levels where the browser's last drag or key left them, and the version that it began from.

    As the browser sent them, to be checked; None before the first.
    """
    move = told(key, "move")
    levels, version = move.get("levels"), move.get("version")
    return (levels, version) if isinstance(levels, list) and isinstance(version, str) else None
