"""The data beside samples of several schedules: what a row of density pictures shows, and says to a screen reader."""

import json
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ays_toy import figures
from ays_toy.figures import Panel
from ays_toy.metrics import METRICS
from ays_toy.palette import REFERENCE, color
from ays_toy.runs.comparison import Model
from ays_toy.runs.outcomes import BINS, truth
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import compute, downloads, opening, presenting
from ays_toy.ui.components.sampling import Live, SampledModel
from ays_toy.ui.compute import Outcome
from ays_toy.ui.kept import kept
from ays_toy.ui.view import ModelView

_STILL: dict[str, Any] = {"displayModeBar": False, "scrollZoom": False}
WORDS = ("NLL", "entropy", METRICS["sliced-w2"].title)  # that stand in the pictures
LONG_NAME = 10  # letters, from which a metric's name and its value take a line each: five pictures in a row are narrow


def figure(
    drawn: go.Figure, key: str, title: str, alt: str, place: Any = st, offered: bool = True, **look: Any
) -> None:
    """Draw a figure of the page, and offer it to be taken away under that title; `look` is what Streamlit is told."""
    place.plotly_chart(drawn, key=key, config=_STILL, alt=alt, **look)
    if offered:
        downloads.figure(drawn, key, title, alt)


def metrics(judge: str = "sliced-w2") -> tuple[str, str]:
    """The metrics under a picture: how concentrated the samples are, and what they are judged by besides."""
    return "nll", judge if judge != "nll" else "sliced-w2"


def panel(
    model: Model,
    schedule: Schedule,
    outcome: "Future[Outcome] | None",
    unfound: str = "",
    shown: Sequence[str] = metrics(),
) -> Panel:
    """The samples of one schedule over the metrics shown, or why there are none yet: it is `unfound`, or they come."""
    found, lines = outcome.result() if outcome is not None and outcome.done() else None, list[str]()
    for name in shown:
        title, value = METRICS[name].title, str(found.metrics[name]) if found else ""
        lines += [title, value] if len(title) > LONG_NAME else [f"{title} {value}"]
    if found is None:  # as many lines as there will be, so that nothing moves
        lines = ["measuring …" if outcome else unfound, *["\u00a0"] * (len(lines) - 1)]
    image = found.image if found else np.zeros_like(truth(model).shades)
    assert image is not None
    return Panel(schedule.title, color(schedule.name), lines, image)


def reserved(key: str, height: int) -> Any:
    """A container of that key that is there before anything is drawn in it, with the height that the style gives it.

    Before the style has come it is so many pixels high.
    """
    place = st.container(key=key)
    place.container(key=f"reserved {key}").space(height)
    return place


def show(
    place: Any,
    model: Model,
    panels: Sequence[Panel],
    key: str = "panels",
    meta: Any = None,
    title: str = "Samples",
    whole: bool = True,
    opens: bool = False,
) -> None:
    """Draw the true density beside the panels; `meta` says to what runs in the browser what they show.

    A figure that is not `whole`, since some of its pictures are still to come, is not offered to be taken away. Where
    the page `opens` with it, in a container that is `reserved`, the pictures are there before Plotly.
    """
    notes = [f"NLL {compute.entropy(model):.3f}, their entropy", "exact density"]
    data = Panel("The data", REFERENCE, notes, truth(model).shades)
    drawn = _drawn((data, *panels), model.dataset.half_width, presenting.type_scale(), json.dumps(meta))
    if opens:
        opening.show(place, (data, *panels), key, whole)
    parts = [f"{panel.title}: {', '.join(panel.notes)}" for panel in panels]
    alt = f"Densities on {model.dataset.title}, the data beside samples of {'; '.join(parts)}."
    figure(drawn, key, title, alt, place, whole, height="stretch")


@kept(64)
def _drawn(panels: tuple[Panel, ...], half_width: float, type_scale: float, meta: str) -> go.Figure:
    """Made once of the same pictures: a page runs again when its table has come, and a class has the same in sight.

    `meta` is as JSON.
    """
    drawn = figures.density_panels(panels, half_width, type_scale=type_scale)
    if (said := json.loads(meta)) is not None:
        drawn.update_layout(meta=said)
    return drawn.finished()


def live(state: ModelView, within: str, title: str = "", number: int = 0) -> Live | None:
    """What the browser draws while something moves, over a panel of the container `within`; None where it cannot."""
    model = state.chosen_model
    if (sent := sampled(model)) is None:
        return None
    top = truth(model).top
    return Live(sent, state.solver, state.seed, model.samples, BINS, top, title, within, number)


@kept(32)
def sampled(model: Model) -> SampledModel | None:
    """The model as the browser is sent it; None where it is too slow for it."""
    return SampledModel.of(model)
