"""The automatic choice on the Optimize page: asked for, under way, and what it tried."""

from concurrent.futures import Future
from functools import partial

import pandas as pd
import streamlit as st

from ays_toy.metrics import METRICS
from ays_toy.runs import finding, shipped
from ays_toy.runs.comparison import Model
from ays_toy.runs.finding import Chosen
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import downloads, findings, frame, tables, terms
from ays_toy.ui.optimize import dials
from ays_toy.ui.view import SearchView
from ays_toy.ui.whole import whole

CHOICES = "choices asked for"  # under which a session keeps for which settings it has


def chosen(view: SearchView) -> "Future[Chosen] | None":
    """The automatic choice for the page's model, solver, steps and metric, under way or done; None unless asked for.

    What another session has asked for is everybody's.
    """
    asked = _asked(view)
    wanted = asked in st.session_state.get(CHOICES, ()) or findings.is_chosen(*asked)
    return findings.choice(*asked) if wanted else None


def choosing(choice: "Future[Chosen] | None") -> bool:
    """Whether the automatic choice is under way."""
    return choice is not None and not choice.done()


def _asked(view: SearchView) -> tuple[Model, str, int, str, int]:
    return view.chosen_model, view.solver, view.steps, view.metric, view.iterations


@whole
def _choose(view: SearchView) -> None:
    st.session_state.setdefault(CHOICES, set()).add(_asked(view))


def ready(view: SearchView) -> Schedule | None:
    """The automatic choice as it ships."""
    if view.metric != shipped.METRIC or view.iterations != finding.REFINEMENT:
        return None
    return shipped.find(view.chosen_model, view.solver, view.steps, "choice")


def evidence(view: SearchView, choice: "Future[Chosen] | None") -> None:
    """What the automatic choice found, and how the best of what it tried did in its last round, or how to find it."""
    words = "**Automatic choice** by the metric that stops the search, on seeds held out for it"
    st.markdown(words, help=terms.about(words))
    if choice is None:
        there = "One comes with the project, and is in the table. " if ready(view) else ""
        label = "Choose again, and see what was tried" if there else "Choose"
        st.caption(f"{there}It tries optima of many weights, blends and all baselines, and refines what did best.")
        dials.refinement()
        st.button(label, icon=":material/checklist:", key="run choice", on_click=_choose, args=(view,))
        return
    if not choice.done():
        st.caption("Trying optima of many weights, blends and all baselines, and refining what did best …")
        return
    if error := choice.exception():
        frame.refuse(error)
        findings.forget_failed()  # and the button is there again
        st.session_state.get(CHOICES, set()).discard(_asked(view))
        return
    made = choice.result().choice
    st.markdown(made.reason)
    dials.refinement()
    metric = METRICS[view.metric]
    last = [(tried, tried.score) for tried in made.rounds[-1] if tried.score]
    scores = [metric.turned(score) for _, score in last]
    columns = {metric.title: scores}
    if made.second and all(tried.beside for tried, _ in last):
        columns[made.second.title] = [made.second.turned(tried.beside) for tried, _ in last if tried.beside]
    said = [f"{tried.title} (refused)" if tried.refused else tried.title for tried, _ in last]
    shown = {title: list(map(str, column)) for title, column in columns.items()}
    rows = pd.DataFrame({"Tried in the last round": said, **shown})
    make = partial(tables.as_csv, [tried for tried, _ in last], columns)
    downloads.table("Table of what the automatic choice tried", make)
    # A plain table, whose cells take as many lines as a name needs.
    st.table(rows, hide_index=True, alt="Candidates of the automatic choice's last round with their scores.")
    if made.second and any(tried.refused for tried, _ in last):
        words = f"**Refused:** what loses more {made.second.title} than it gains in {metric.title}."
        terms.caption(words, made.second.title)
