"""One schedule under three noises, side by side: how much of a picture and of its figures is chance."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import streamlit as st

from ays_toy import names
from ays_toy.estimates import Estimate
from ays_toy.metrics import METRICS
from ays_toy.runs.verdicts import JUDGE
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import coming, compute, controls, findings, gallery, record, terms, yours
from ays_toy.ui.view import MAX_SEED, View
from ays_toy.words import amid_sentence, listed

NOISES = 3
BOX = "panels_box52_noises"  # the pictures' container, as high as those above


def control() -> None:
    """Whose pictures are drawn again from other noise, if any's."""
    shown = [*st.session_state["shown"], *([yours.NAME] if st.session_state["yours"] else [])]
    record.among("noises", [None, *shown])
    controls.pick(
        "The same under three noises",
        "noises",
        {name: names.title(name) for name in shown},
        st.pills,
        help="Draws one schedule's samples from three noises, the one above and the next two, to show what is chance.",
    )


def show(view: View, known: Mapping[str, Schedule]) -> list["Future[compute.Outcome]"]:
    """Draw the schedule's samples from this noise and the next two, and say how far their figures differ.

    It gives what is still to come of them.
    """
    name = names.optimum(view.power) if view.noises == "p-optimum" else view.noises
    if name is None:
        return []
    if name not in known:
        st.caption(f"{names.title(name, view.power)} is still being searched for; three noises of it follow.")
        return []
    one, model = known[name], view.chosen_model
    seeds = [(view.seed + k) % (MAX_SEED + 1) for k in range(NOISES)]  # those that *New noise* leads to
    wanted = {f"{seed}": compute.Sampling.of(model, view.solver, seed, one) for seed in seeds}
    outcomes = findings.begin_more(wanted)
    missing = coming.after_a_moment(outcomes.values())
    panels = [
        gallery.panel(model, replace(one, title=f"{one.title}, noise {seed}"), outcomes[f"{seed}"]) for seed in seeds
    ]
    box, title = st.container(key=BOX), "Samples from three noises"
    gallery.show(box, model, panels, "noises panels", title=title, whole=not missing)
    if not missing:
        terms.caption(words(one.title, [outcome.result().metrics[JUDGE] for outcome in outcomes.values()]))
    return missing


def words(title: str, scores: list[Estimate]) -> str:
    """How far the figures of one schedule differ from noise to noise, and how far their error bars let them."""
    metric = amid_sentence(METRICS[JUDGE].title)
    values, every = [one.value for one in scores], listed([str(one) for one in scores])
    spread, bar = float(np.std(values, ddof=1)), float(np.sqrt(np.mean([one.stderr**2 for one in scores])))
    return (
        f"**{title} under three noises:** {metric} {every}. They differ by {spread:.2g} (standard deviation), where "
        f"an error bar is {bar:.2g}: it counts the chance in the points they are held against, too. A difference of "
        "that size between schedules may be chance."
    )
