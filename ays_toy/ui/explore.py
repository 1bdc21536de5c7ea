"""The pieces of the Explore page: from the page's state to its figures, table and captions."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
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
from ays_toy.ui import coming, compute, downloads, findings, following, gallery, tables, yours
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


def missing(view: View, known: Known, outcomes: compute.Outcomes) -> list["Future[compute.Outcome]"]:
    """What pictures still wait for after a moment."""
    first = [outcome for name, outcome in outcomes.items() if name not in later(view, known)]
    return coming.after_a_moment(first, gallery.sampled(view.chosen_model) is not None)


def draw(
    place: Any, view: View, known: Known, outcomes: compute.Outcomes, meta: list[float | str | None], whole: bool
) -> None:
    """Draw the pictures, or what they wait for; `meta` is what their figure says that it shows."""
    said = meta if whole else following.to_come(meta)
    gallery.show(place, view.chosen_model, samples(view, known, outcomes), meta=said, whole=whole, opens=True)


def samples(view: View, known: Known, outcomes: compute.Outcomes) -> list[figures.Panel]:
    """What the pictures show, in their order; in a lesson with the figure that its questions judge them by."""
    panels, figures_shown = [], gallery.metrics("energy") if course.at_step() else gallery.metrics()
    for name in shown(view, known):
        one = known.get(name) or Schedule(name, names.title(name, view.power))
        panels.append(gallery.panel(view.chosen_model, one, outcomes.get(name), "searching …", figures_shown))
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
