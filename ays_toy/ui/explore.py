"""The pieces of the Explore page: from the page's state to its figures, table and captions."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ays_toy import comparison, figures
from ays_toy.metrics import METRICS
from ays_toy.palette import REFERENCE, STYLES
from ays_toy.schedules import SCHEDULES
from ays_toy.ui import compute
from ays_toy.ui.view import View

STILL: dict[str, Any] = {"displayModeBar": False, "scrollZoom": False}
PANEL_METRICS = ("nll", "sliced-w2")
ROW_HEIGHT = 32
ROWS = ("exact", *SCHEDULES, "data")
MARK = "■"  # the table's column of colors


def start(view: View, shown: list[str]) -> compute.Outcomes:
    """Begin drawing samples of every schedule, those shown first; drop what the last view left in the queue."""
    compute.stop(st.session_state.get("outcomes", {}))
    run = compute.Run(view.chosen_model, view.solver, view.steps, view.power, view.seed)
    st.session_state["outcomes"] = compute.start(run, dict.fromkeys([*shown, *ROWS]))
    return st.session_state["outcomes"]


def _priced(view: View, name: str) -> figures.Priced:
    return compute.priced(view.chosen_model, name, view.steps, view.power)


def panels(view: View, shown: list[str], outcomes: compute.Outcomes) -> go.Figure:
    """The true density and one panel of samples for each schedule shown."""
    truth = compute.truth(view.chosen_model)
    top = comparison.brightest(truth)
    notes = [f"NLL {compute.entropy(view.chosen_model):.3f}, their entropy", "exact density"]
    pictures = [figures.Panel("The data", REFERENCE, notes, comparison.shades(truth, top))]
    for name in shown:
        result = outcomes[name].result()
        notes = [_figure(result, metric) for metric in PANEL_METRICS]
        title = f"Optimized, p = {view.power:g}" if name == "exact" else STYLES[name].title
        pictures.append(figures.Panel(title, STYLES[name].color, notes, comparison.shades(result.image, top)))
    return figures.density_panels(pictures, view.chosen_model.dataset.half_width)


def _figure(result: compute.Outcome, metric: str) -> str:
    estimate = result.metrics[metric]
    return f"{METRICS[metric].title} {comparison.significant(estimate.value, estimate.stderr)}"


def panels_alt(view: View, shown: list[str], outcomes: compute.Outcomes) -> str:
    """The panels in words, for a screen reader."""
    parts = [
        f"{STYLES[name].title}: {', '.join(_figure(outcomes[name].result(), metric) for metric in PANEL_METRICS)}"
        for name in shown
    ]
    return f"Densities on {view.chosen_model.dataset.title}, the data beside samples of " + "; ".join(parts) + "."


def rail(view: View, shown: list[str]) -> go.Figure:
    """The levels of every schedule shown, over KLUB as area."""
    return figures.rail_and_area([_priced(view, name) for name in shown], compute.gram(view.chosen_model).grid)


def rail_alt(view: View, shown: list[str]) -> str:
    """The rail and the area in words."""
    parts = [f"{STYLES[name].title} {_priced(view, name).klub.value:.3g} nats" for name in shown]
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
    """KLUB and every metric of all schedules and of fresh data, sortable by its headers."""
    rows = []
    for name in ROWS:
        row: dict[str, Any] = {MARK: "■", "Schedule": STYLES[name].title if name in STYLES else "Fresh data"}
        if name != "data":
            klub = _priced(view, name).klub
            row |= {"KLUB": klub.value, "± KLUB": klub.stderr}
        for key, estimate in outcomes[name].result().metrics.items():
            row |= {METRICS[key].title: estimate.value, f"± {METRICS[key].title}": estimate.stderr}
        rows.append(row)
    colors = [STYLES[name].color if name in STYLES else REFERENCE for name in ROWS]
    styled = pd.DataFrame(rows).style.apply(lambda _: [f"color: {color}" for color in colors], subset=[MARK])
    st.dataframe(
        styled,
        hide_index=True,
        column_config=_columns(rows[0]),
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        row_height=ROW_HEIGHT,
        placeholder="",
        key="table",
        alt="KLUB and sample quality of every schedule, with standard errors.",
    )


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    about = {metric.title: metric.about for metric in METRICS.values()}
    about["KLUB"] = "The paper's bound on the KL divergence of whole paths, in nats; lower is tighter."
    columns: dict[str, Any] = {
        MARK: st.column_config.TextColumn("", width=28, pinned=True),
        "Schedule": st.column_config.TextColumn(width=112, pinned=True),
    }
    for title in row:
        if title.startswith("± "):
            columns[title] = st.column_config.NumberColumn("±", help="Standard error.", format="%.1g", width=50)
        elif title not in columns:
            columns[title] = st.column_config.NumberColumn(help=about[title], format="%.4g", width=68)
    return columns
