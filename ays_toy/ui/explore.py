"""The pieces of the Explore page: from the page's state to its figures, table and captions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ays_toy import figures
from ays_toy.fitting import fit_range
from ays_toy.palette import REFERENCE, STYLES
from ays_toy.schedules import SCHEDULES
from ays_toy.ui import compute, gallery, tables, yours
from ays_toy.ui.view import MAX_STEPS, View
from ays_toy.ui.yours import Yours

ROWS = ("exact", *SCHEDULES, "data")


def fit(levels: Sequence[float]) -> tuple[np.ndarray, str | None]:
    """Levels that were brought, over the range that the controls say."""
    return fit_range(levels, st.session_state["sigma_min"], st.session_state["sigma_max"], most=MAX_STEPS)


def brought(view: View) -> Yours | None:
    """What was brought, as it is shown."""
    return yours.fitted(view.yours, fit, view.steps)[0]


def start(view: View, shown: list[str]) -> compute.Outcomes:
    """Begin drawing samples of every schedule, those shown first; drop what the last view left in the queue."""
    compute.stop(st.session_state.get("outcomes", {}))
    st.session_state["outcomes"] = compute.start({name: _draw(view, name) for name in dict.fromkeys([*shown, *ROWS])})
    return st.session_state["outcomes"]


def _draw(view: View, name: str) -> compute.Draw:
    model = view.chosen_model
    if name == yours.NAME and (own := brought(view)):
        return compute.Draw.of(model, view.solver, view.seed, own.sigmas)
    levels = None if name == "data" else compute.schedule(model, name, view.steps, view.power)
    return compute.Draw.of(model, view.solver, view.seed, levels)


def _priced(view: View, name: str) -> figures.Priced:
    if name == yours.NAME and (own := brought(view)):
        return compute.priced_levels(view.chosen_model, own.levels, name, own.title)
    return compute.priced(view.chosen_model, name, view.steps, view.power)


def samples(view: View, shown: list[str], outcomes: compute.Outcomes) -> list[gallery.Samples]:
    """What the pictures show, in their order."""
    titles = {name: _priced(view, name).title for name in shown} | {"exact": f"Optimized, p = {view.power:g}"}
    return [gallery.Samples(titles[name], STYLES[name].color, outcomes[name]) for name in shown]


def rail(view: View, shown: list[str]) -> go.Figure:
    """The levels of every schedule shown, over KLUB as area."""
    return figures.rail_and_area([_priced(view, name) for name in shown], compute.gram(view.chosen_model).grid)


def rail_alt(view: View, shown: list[str]) -> str:
    """The rail and the area in words."""
    prices = [_priced(view, name) for name in shown]
    parts = [f"{one.title} {one.klub.value:.3g} nats" for one in prices]
    return f"Noise levels of each schedule, and KLUB as area: {', '.join(parts)}."


def rail_caption(view: View) -> str:
    """What to look for in rail and area, and what moving the power trades."""
    power = f"{view.power:g}"
    if view.power == 3:
        trade = "p = 3 minimizes KLUB itself: precise samples, uneven modes; lower p evens the modes."
    else:
        trade = f"p = {power}: raise it for precision (KLUB, NLL), lower it for even modes (Wasserstein, mode mass)."
    return (
        "**Top:** each mark is a noise level of the schedule. **Below:** one patch per step, its area the nats that "
        f"the step adds to KLUB; good schedules have many small ones. **Optimized** for {trade}"
    )


def table(view: View, outcomes: compute.Outcomes) -> None:
    """KLUB and every metric of all schedules and of fresh data."""
    names = [name for name in (yours.NAME, *ROWS) if name in STYLES and name in outcomes]
    rows = [
        tables.Row(_priced(view, name).title, STYLES[name].color, outcomes[name], _priced(view, name).klub)
        for name in names
    ]
    rows.append(tables.Row("Fresh data", REFERENCE, outcomes["data"]))
    tables.schedules(rows, "table", "KLUB and sample quality of every schedule, with standard errors.")
