"""The pieces of the Explore page: from the page's state to its figures, table and captions."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ays_toy import figures, names
from ays_toy.estimates import Measured
from ays_toy.exchange.fitting import fit_range
from ays_toy.lessons.facts import Facts
from ays_toy.runs import verdicts
from ays_toy.runs.comparison import Model
from ays_toy.sampling.schedules import MAX_STEPS, Schedule
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.ui import compute, downloads, findings, following, gallery, tables, yours
from ays_toy.ui.kept import kept
from ays_toy.ui.lessons import course
from ays_toy.ui.view import View

Known = Mapping[str, Schedule]  # by name, what is found


def fit(levels: Sequence[float]) -> tuple[np.ndarray, str | None]:
    """Levels that were brought, over the range that the controls say."""
    return fit_range(levels, st.session_state["sigma_min"], st.session_state["sigma_max"], most=MAX_STEPS)


def own(view: View) -> Schedule | None:
    """What was brought, as it is shown; None where nothing is."""
    return yours.fitted(view.yours, fit, view.steps)[0]


def find(view: View) -> tuple[Known, list[str]]:
    """The schedules of the table by name, those shown first, and the names of those that are still searched for."""
    compute.gram(view.chosen_model)  # what else is not here at once
    rest = () if course.leaves_out("table") else names.USUAL
    wanted = dict.fromkeys([*view.names, *rest])
    if view.power == names.KLUB_POWER:
        wanted.pop("p-optimum", None)  # it is the KLUB optimum
    under_way = {name: findings.of(view, name) for name in wanted}
    known = {name: findings.result(future) for name, future in under_way.items() if future.done()}
    if brought := own(view):
        known = {yours.NAME: brought} | known
    return known, [name for name in wanted if name not in known]


def shown(view: View, known: Known) -> list[str]:
    """The names of the schedules in pictures and rail, what was brought last."""
    return [*view.names, *([yours.NAME] if yours.NAME in known else [])]


def later(view: View, known: Known) -> list[str]:
    """The names of those that the table has besides the pictures, and that are measured after them."""
    return [name for name in known if name not in shown(view, known)]


def pictured(view: View, known: Known, outcomes: compute.Outcomes) -> bool:
    """Whether all pictures can be drawn, after a moment; where the browser draws none, or a lesson asks, all can."""
    alone = course.at_step() is not None or gallery.sampled(view.chosen_model) is None
    first = [outcome for name, outcome in outcomes.items() if name not in later(view, known)]
    return compute.come(first, math.inf if alone else MOMENT)


def measured(view: View, known: Known, outcomes: compute.Outcomes) -> tuple[dict[str, Measured], compute.Outcomes]:
    """The rows of the table, without metrics where these are still to come, and the outcomes that those wait for."""
    coming = {name: outcome for name, outcome in outcomes.items() if not outcome.done()}
    here = {name: outcome for name, outcome in outcomes.items() if name not in coming}
    return compute.measured(view.chosen_model, known, here), coming


def more(view: View, known: Known, waiting: list[str], coming: compute.Outcomes) -> bool:
    """Whether one that was searched for is found, or all pictures that were to come are there, or all of the rest."""
    rest = later(view, known)
    first = [outcome for name, outcome in coming.items() if name not in rest] or list(coming.values())
    measured = bool(first) and all(outcome.done() for outcome in first)
    return measured or findings.any_found(view, waiting)


def mark_what_is_to_come(pictured: bool) -> None:
    """Draw what those see who want to know whether the page is at rest, in the part that looks for what is to come.

    Streamlit takes it away when a run ends. A look that reaches the server just as the page's own run ends makes it
    drop the news of that end; but then the look has an end of its own, which takes away what was drawn there.
    """
    if not pictured:
        st.container(key="to_come").space(1)


def draw(
    place: Any, view: View, known: Known, outcomes: compute.Outcomes, meta: list[float | str | None], pictured: bool
) -> None:
    """Draw the pictures, or what they wait for; `meta` is what their figure says that it shows."""
    said = meta if pictured else following.to_come(meta)
    gallery.show(place, view.chosen_model, samples(view, known, outcomes), meta=said, whole=pictured, opens=True)


def samples(view: View, known: Known, outcomes: compute.Outcomes) -> list[figures.Panel]:
    """What the pictures show, in their order; in a lesson with the figure that its questions judge them by."""
    panels, figures_shown = [], gallery.metrics("energy") if course.at_step() else gallery.metrics()
    for name in shown(view, known):
        one = known.get(name) or Schedule(name, names.title(name, view.power))
        outcome = outcomes[name] if name in known and outcomes[name].done() else None
        waits = "measuring …" if name in known else "searching …"
        panels.append(gallery.panel(view.chosen_model, one, outcome, waits, figures_shown))
    return panels


def container(view: View) -> str:
    """The key of the pictures' container, which sizes them by their number."""
    return f"panels_box{max(5, 1 + len(view.names) + (own(view) is not None))}2"


def rail(view: View, known: Known) -> tuple[go.Figure, str]:
    """The levels of every schedule shown over KLUB as area, and both in words."""
    drawn = [(one.name, one.title, one.levels) for name, one in known.items() if name in shown(view, known)]
    return _rail(view.chosen_model, tuple(drawn), tuple(following.meta(view, own(view))))


@kept(64)
def _rail(
    model: Model, drawn: tuple[tuple[str, str, tuple[float, ...]], ...], meta: tuple[float | str | None, ...]
) -> tuple[go.Figure, str]:
    """Made once of the same names, titles and levels: a page runs again when its pictures and its table have come."""
    schedules = [Schedule(name, title, np.array(levels)) for name, title, levels in drawn]
    rows = [Measured(one, compute.price(model, one.levels)) for one in schedules]
    figure = figures.rail_and_area(rows, compute.gram(model), RAIL_HEIGHT)
    figure.update_layout(meta=meta)
    return figure.finished(), figures.rail_words(rows)


RAIL = "rail"  # the key of its figure
RAIL_HEIGHT = 292  # so that the page fits on one screen of 1440 x 900
MOMENT = 0.5  # seconds in which the pictures have come, unless the server is busy
MEASURING = "Measuring the samples of all schedules, to say how they compare …"
RAIL_CAPTION = (
    "**Look for** many small patches: each is one step, its area the nats that it adds to KLUB. The marks above are "
    "the noise levels."
)


def words_beside(view: View) -> list[str]:
    """The names and words of the page's heading, its controls and its pictures, for the glossary."""
    shown = [names.title(name, view.power) for name in view.names]
    return ["denoiser calls", SOLVERS[view.solver].title, *shown]


def verdict(view: View, rows: Mapping[str, Measured]) -> str:
    """What the table says, in sentences, once all of it is measured."""
    if not all(row.metrics for row in rows.values()):
        return MEASURING
    model, steps = view.chosen_model, view.steps
    alike = {name: row for name, row in rows.items() if row.schedule.steps == steps}  # Yours may have more
    return " ".join(verdicts.sentences(alike, rows["data"].metrics, model.dataset))


def facts(view: View, rows: Mapping[str, Measured]) -> Facts:
    """What a lesson may ask about: the schedules that are measured by now."""
    model, measured = view.chosen_model, {name: row for name, row in rows.items() if name != "data" and row.metrics}
    return Facts(view, measured, rows["data"].metrics, model, compute.gram(model))


def table(view: View, rows: Mapping[str, Measured]) -> None:
    """KLUB and the chosen metrics of all schedules and of fresh data."""
    order = [rows[name] for name in (yours.NAME, *names.COMPARED, "data") if name in rows]
    alt = "KLUB and sample quality of every schedule, with standard errors."
    tables.measured(order, "table", alt, view.columns)
    downloads.schedules(view, [row.schedule for row in order])
