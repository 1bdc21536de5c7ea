"""Optimize: the paper's search as it runs, when to stop it, and what goes past it."""

from functools import partial

import streamlit as st

from ays_toy.ui import controls, findings, gallery, running, view
from ays_toy.ui.optimize import take_home, watching

state = view.show(
    view.SearchView,
    *controls.WHAT,
    controls.start,
    controls.metric,
    controls.samples,
    controls.noise_range,
    controls.columns,
    controls.new_noise,
    settle=watching.settle,
)

st.markdown("### Align Your Steps, watched: sweep by sweep, every noise level moves to where its steps cost least")
search = watching.watch(state)
choice = watching.chosen(state)
seen = watching.stage(choice)
shown = watching.found(state, search, choice)
outcomes = findings.begin(state, shown)


def search_as_it_goes() -> None:
    watching.status(search)
    watching.player(state, search, shown["p-optimum"])


under_way = running.active(search) or not choice.done()
running.follow(search_as_it_goes, partial(watching.stage, choice), seen, under_way)
pictures = st.container(key="panels_box5")
st.caption(watching.LOOK)
samples = watching.samples(state, search, shown, outcomes)
gallery.show(pictures, state.chosen_model, samples)
left, right = st.columns([0.6, 0.4], gap="medium")
with right:
    st.markdown("#### Past the paper: one pass prices every schedule")
    controls.dials(state)
    watching.evidence(state, choice)
with left:
    st.markdown("#### What each schedule is worth, and what finding it cost")
    watching.table(state, shown, outcomes)
    st.caption(watching.table_caption(shown))
take_home.section(state, shown, left, right)
