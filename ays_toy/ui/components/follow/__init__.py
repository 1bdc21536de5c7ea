"""Pictures and rail that go before Python's: where sliders lead while they move, and what has just been chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ays_toy import names
from ays_toy.palette import REFERENCE, STYLES
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui.components import sampling
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.exchange import as_text
from ays_toy.ui.components.rail import Table
from ays_toy.ui.components.sampling import Live

_follow = st.components.v2.component(
    "ays_follow",
    css=read("live.css", "follow.css"),
    js=read("plot.js", "said.js", "sliders.js", "rail_pricing.js")
    + sampling.script()
    + read("follow_rail.js", "follow_row.js", "follow.js"),
)
_say = st.components.v2.component("ays_say", js=read("plot.js", "said.js", "saying.js"))
WEIGHTED = "p-optimum"  # the schedule that the second slider moves

Lengths = Mapping[int, np.ndarray]  # levels [n+1] by n


@dataclass(frozen=True, eq=False)
class Led:
    """Where the sliders lead the schedules `panels`: `levels` by name, or by power for those of `WEIGHTED`."""

    panels: Mapping[str, str]  # name -> title
    levels: Mapping[str | float, Lengths]

    def tables(self) -> dict[str, Any]:
        """The levels as JSON: as float32, all of a schedule in one text, beside the numbers of steps and its look."""
        return {
            name if isinstance(name, str) else f"{WEIGHTED} {name:g}": {
                "steps": list(lengths),
                "sigmas": as_text(np.concatenate([*lengths.values(), []]).astype("<f4")),
                "look": look(name) if isinstance(name, str) else look(WEIGHTED, name),
            }
            for name, lengths in self.levels.items()
        }


@dataclass(frozen=True, eq=False)
class Following:
    """Pictures `live`, one of each schedule from the second panel on, and where the sliders lead these.

    `view` says which data, model, solver, noise and schedules these are, `model` which model and range. Over a figure
    of another view there will be a row of its own, with the data as `truth` shows them [bins, bins], until Python's
    figure has come; `yours` is in it as it is. Nothing sent says where the sliders stand, so that while they move the
    message stays the same, and Streamlit sends its address alone.
    """

    live: Live
    led: Led
    view: str
    model: str
    truth: np.ndarray
    rail: str  # the key of the rail's figure
    yours: Schedule | None = None

    def payload(self) -> dict[str, Any]:
        """As JSON."""
        titles = enumerate(self.led.panels.items(), 2)
        yours = [look(one.name) | {"title": one.title, "levels": one.sigmas.tolist()} for one in (self.yours,) if one]
        return {
            "live": self.live.payload(None),
            "view": self.view,
            "model": self.model,
            "data": {"title": "The data", "color": REFERENCE, "shades": as_text(self.truth)},
            "panels": [{"name": name, "title": title, "panel": k, "look": look(name)} for k, (name, title) in titles],
            "levels": self.led.tables(),
            "weighted": WEIGHTED,
            "rail": self.rail,
            "yours": yours,
        }


@dataclass(frozen=True, eq=False)
class Priced:
    """What one pass of `model` adds: what the rail prices by, and where sliders lead the optima, as `Led.levels`."""

    model: str
    table: Table
    led: Led

    def payload(self) -> dict[str, Any]:
        """As JSON."""
        return {"model": self.model, "table": self.table.payload(None), "levels": self.led.tables()}


def look(name: str, power: float | None = None) -> dict[str, str]:
    """How a schedule is named and drawn; one of `WEIGHTED` by its power."""
    style = STYLES[names.optimum(power) if name == WEIGHTED and power else name]
    return {"title": names.title(name, power), "color": style.color, "dash": style.dash, "symbol": style.symbol}


def follow(data: Following | None, meta: list[Any]) -> None:
    """Let the pictures follow what is chosen, and the sliders of the keys `steps` and `power`; for nothing else drawn.

    To be called before anything is computed. `meta` is what the figures will say by theirs: the number of steps, the
    power or None where no slider shows it, and the view.
    """
    with st.container(key="following"):
        _say(data={"meta": meta}, key="follow meta")
        _follow(data={"following": data and data.payload()}, key="follow pictures")


def price(data: Priced | None) -> None:
    """Give what follows its prices, once they are known."""
    with st.container(key="pricing"):
        _say(data={"priced": data and data.payload()}, key="follow prices")
