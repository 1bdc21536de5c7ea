"""Pictures and rail that follow sliders while these move: levels for every setting are there, the browser samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ays_toy import names
from ays_toy.palette import STYLES
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui.components import sampling
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.exchange import as_text
from ays_toy.ui.components.rail import Table
from ays_toy.ui.components.sampling import Live

_follow = st.components.v2.component(
    "ays_follow",
    css=read("live.css", "follow.css"),
    js=read("plot.js", "sliders.js", "rail_pricing.js") + sampling.script() + read("follow_rail.js", "follow.js"),
)
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

    The rail prices them by `table`, in the figure of the container `rail`; `yours` stays there as it is. Nothing sent
    says where the sliders stand, so that while they move the message stays the same, and Streamlit sends its address
    alone.
    """

    live: Live
    led: Led
    table: Table
    rail: str
    yours: Schedule | None = None

    def payload(self) -> dict[str, Any]:
        """As JSON."""
        titles = enumerate(self.led.panels.items(), 2)
        yours = [look(one.name) | {"levels": one.sigmas.tolist()} for one in (self.yours,) if one]
        return {
            "live": self.live.payload(None),
            "panels": [{"name": name, "title": title, "panel": k} for k, (name, title) in titles],
            "levels": self.led.tables(),
            "weighted": WEIGHTED,
            "rail": self.table.payload(None) | {"within": self.rail, "yours": yours},
        }


def look(name: str, power: float | None = None) -> dict[str, str]:
    """How a schedule is named and drawn; one of `WEIGHTED` by its power."""
    style = STYLES[names.optimum(power) if name == WEIGHTED and power else name]
    return {"title": names.title(name, power), "color": style.color, "dash": style.dash, "symbol": style.symbol}


def follow(data: Following | None, key: str = "follow") -> None:
    """Let the pictures follow the sliders of the keys `steps` and `power`; draws nothing while these rest.

    The figure's `meta` must say what it shows: the number of steps, and the power or None where no slider shows it.
    """
    with st.container(key="following"):
        _follow(data=data and data.payload(), key=key)
