"""The search player: levels, KLUB and the output's score of every sweep, scrubbed together in the browser."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ays_toy.estimates import Estimate
from ays_toy.metrics import Metric
from ays_toy.optimize import Sweep
from ays_toy.palette import STYLES
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui.components import sampling
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.exchange import told
from ays_toy.ui.components.sampling import Live
from ays_toy.words import amid_sentence

_player = st.components.v2.component(
    "ays_search_player",
    css=read("shared.css", "search.css", "live.css"),
    js=read("transport.js", "plot.js", "figure.js", "levels.js", "curve.js") + sampling.script() + read("search.js"),
)
MOST_SWEEPS = 999  # that a link may name


def marks(schedule: Schedule) -> dict[str, Any]:
    """A schedule as JSON, as the browser draws it: its levels as marks in the palette's color."""
    style = STYLES[schedule.name]
    sigmas = _numbers(schedule.sigmas)
    return {"title": schedule.title, "color": style.color, "symbol": style.symbol, "sigmas": sigmas}


@dataclass(frozen=True, eq=False)
class SearchData:
    """A search so far, as the player draws it.

    `sweeps` in order, sweep 0 being the start; `floor` is the KLUB of the optimum; `stop` and `picked` are the sweeps
    that the rule and the user stopped at. `now` is the level last placed and the levels [n+1] amid a sweep. Scores are
    lower when better, as the search yields them, and shown with the metric's own sign. `live` are the samples of the
    sweep that is looked at, over the figure that must say which sweep's it shows as [sweep] by its layout's `meta`.
    What is `fixed` nobody scrubs through.
    """

    start: Schedule
    metric: Metric
    sweeps: tuple[Sweep, ...] = ()
    optimum: Schedule | None = None
    others: tuple[Schedule, ...] = ()
    floor: float | None = None
    stop: int | None = None
    picked: int | None = None
    running: bool = False
    now: tuple[int, np.ndarray] | None = None
    color: str = STYLES["ays"].color
    live: Live | None = None
    rested: bool = False
    fixed: bool = False

    def payload(self, model: Any = None) -> dict[str, Any]:
        """As JSON, floats to six digits; `model` is the id of the model that the browser holds."""
        better = "higher" if self.metric.higher_is_better else "lower"
        floor = None if self.floor is None else _number(self.floor)
        return {
            "color": self.color,
            "start": marks(self.start),
            "optimum": self.optimum and marks(self.optimum),
            "others": [marks(other) for other in self.others],
            "sweeps": [self._sweep(sweep) for sweep in self.sweeps],
            "floor": None if floor is None else [floor, f"{self.floor:.3g}"],
            "metric": {"title": self.metric.title, "unit": f"{self.metric.unit}, {better} is better"},
            "stop": self.stop,
            "picked": self.picked,
            "running": self.running,
            "rested": self.rested,
            "fixed": self.fixed,
            "now": self.now and {"index": int(self.now[0]), "sigmas": _numbers(self.now[1])},
            "live": self.live and self.live.payload(model),
        }

    def _sweep(self, sweep: Sweep) -> dict[str, Any]:
        score = sweep.score and _estimate(self.metric.turned(sweep.score))
        return {
            "sigmas": _numbers(sweep.sigmas),
            "klub": _estimate(sweep.klub),
            "score": score,
            "label": self.label(sweep),
        }

    def label(self, sweep: Sweep) -> str:
        """A sweep in words: 'Sweep 6: KLUB 9.74 ± 0.05, energy distance 0.0123 ± 0.0004, 8 levels moved'."""
        parts = [f"KLUB {sweep.klub}"]
        if sweep.score is not None:
            parts.append(f"{amid_sentence(self.metric.title)} {self.metric.turned(sweep.score)}")
        if sweep.index == 0:
            parts.append("the start")
        else:
            moved = "1 level" if sweep.moved == 1 else f"{sweep.moved} levels"
            parts.append(f"{moved} moved" if sweep.moved else "nothing moved any more")
        return f"Sweep {sweep.index}: {', '.join(parts)}"


def search_player(data: SearchData, key: str, on_sweep: Callable[[], None]) -> None:
    """Draw the search, at the sweep that is picked once it is reached, or else at the newest.

    `on_sweep` is called when the user comes to rest at another; `last_sweep` tells at which.
    """
    payload = {**data.payload(told(key, "sweep").get("model")), "at": data.picked}
    _player(data=payload, default={"sweep": None}, key=key, on_sweep_change=on_sweep)


def last_sweep(key: str) -> int | None:
    """The sweep that the user last came to rest at, None for the newest."""
    at = told(key, "sweep").get("at")
    return at if isinstance(at, int) and not isinstance(at, bool) and 0 <= at <= MOST_SWEEPS else None


def _number(value: float) -> float | None:
    """Six digits; None where JSON has no word for it."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_number(float(value)) for value in values]


def _estimate(one: Estimate) -> list[Any] | None:
    """[value, standard error, both in words]; None where there is no value."""
    return None if _number(one.value) is None else [_number(one.value), _number(one.stderr) or 0.0, str(one)]
