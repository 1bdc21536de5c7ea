"""The pieces of the Explore page: from the page's state to its figures, table and captions."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ays_toy import figures, names, verdicts
from ays_toy.figures import Priced
from ays_toy.fitting import fit_range
from ays_toy.metrics import Estimate
from ays_toy.palette import REFERENCE, STYLES
from ays_toy.schedules import Schedule
from ays_toy.ui import compute, findings, gallery, tables, yours
from ays_toy.ui.view import MAX_STEPS, View

Known = Mapping[str, Schedule]  # by name, what is found
WAITING = ("searching …", "")


def fit(levels: Sequence[float]) -> tuple[np.ndarray, str | None]:
    """Levels that were brought, over the range that the controls say."""
    return fit_range(levels, st.session_state["sigma_min"], st.session_state["sigma_max"], most=MAX_STEPS)


def find(view: View) -> tuple[Known, list[str]]:
    """The schedules of the table by name, those shown first, and the names of those that are still searched for."""
    wanted = dict.fromkeys([*view.names, *names.COMPARED])
    if view.power == names.KLUB_POWER:
        wanted.pop("p-optimum")  # it is the KLUB optimum
    under_way = {name: findings.of(view, name) for name in wanted}
    known = {name: future.result() for name, future in under_way.items() if future.done()}
    if own := yours.fitted(view.yours, fit, view.steps)[0]:
        known = {yours.NAME: Schedule(yours.NAME, own.title, own.sigmas)} | known
    return known, [name for name in wanted if name not in known]


def shown(view: View, known: Known) -> list[str]:
    """The names of the schedules in pictures and rail, what was brought last."""
    return [*view.names, *([yours.NAME] if yours.NAME in known else [])]


def found_more(view: View, waiting: list[str]) -> bool:
    """Whether one of those that were searched for is found."""
    return any(findings.of(view, name).done() for name in waiting)


def start(view: View, known: Known) -> compute.Outcomes:
    """Begin drawing samples of every schedule, those shown first; drop what the last view left in the queue."""
    compute.stop(st.session_state.get("outcomes", {}))
    levels = {name: one.sigmas for name, one in known.items()} | {"data": None}
    model = view.chosen_model
    st.session_state["outcomes"] = compute.start(
        {name: compute.Draw.of(model, view.solver, view.seed, sigmas) for name, sigmas in levels.items()}
    )
    return st.session_state["outcomes"]


def samples(view: View, known: Known, outcomes: compute.Outcomes) -> list[gallery.Samples]:
    """What the pictures show, in their order."""
    return [
        gallery.Samples(
            known[name].title if name in known else names.title(name, view.power),
            STYLES[name].color,
            outcomes.get(name) if name in known else None,
            WAITING,
        )
        for name in shown(view, known)
    ]


def _priced(view: View, known: Known) -> dict[str, Priced]:
    model = view.chosen_model
    return {name: compute.priced(model, one.name, one.title, tuple(one.sigmas.tolist())) for name, one in known.items()}


def rail(view: View, known: Known) -> tuple[go.Figure, str]:
    """The levels of every schedule shown over KLUB as area, and both in words."""
    priced = [one for name, one in _priced(view, known).items() if name in shown(view, known)]
    parts = [f"{one.title} {one.klub.value:.3g} nats" for one in priced]
    words = f"Noise levels of each schedule, and KLUB as area: {', '.join(parts)}."
    grid = compute.gram(view.chosen_model).grid
    return figures.rail_and_area(priced, grid, RAIL_HEIGHT), words


RAIL_HEIGHT = 315  # so that the page fits on one screen of 1440 x 900
RAIL_CAPTION = (
    "**Look for** many small patches: each is one step, its area the nats that it adds to KLUB. The marks above are "
    "the noise levels."
)


def verdict(view: View, known: Known, outcomes: compute.Outcomes) -> str:
    """What the table says, in sentences."""
    rows = {
        name: verdicts.Measured(
            one.title,
            one.sigmas,
            Estimate(one.klub.value, one.klub.stderr),
            outcomes[name].result().metrics,
        )
        for name, one in _priced(view, known).items()
        if one.sigmas.size - 1 == view.steps  # what was brought may have more
    }
    return " ".join(verdicts.sentences(rows, outcomes["data"].result().metrics, view.chosen_model.dataset))


def table(view: View, known: Known, outcomes: compute.Outcomes) -> None:
    """KLUB and the chosen metrics of all schedules and of fresh data."""
    priced = _priced(view, known)
    rows = [
        tables.Row(priced[name].title, STYLES[name].color, outcomes[name], priced[name].klub)
        for name in (yours.NAME, *names.COMPARED)
        if name in known
    ]
    rows.append(tables.Row("Fresh data", REFERENCE, outcomes["data"]))
    alt = "KLUB and sample quality of every schedule, with standard errors."
    tables.schedules(rows, "table", alt, view.columns)
