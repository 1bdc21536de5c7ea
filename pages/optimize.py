"""Optimize: the paper's search as it runs, when to stop it, and what goes past it."""

from functools import partial

import streamlit as st

from ays_toy.ui import controls, findings, gallery, optimize, running, take_home, view

state = view.show(
    view.SearchView,
    *controls.WHAT,
    controls.start,
    controls.metric,
    controls.samples,
    controls.noise_range,
    controls.columns,
    controls.new_noise,
    settle=optimize.settle,
)

st.markdown("### Align Your Steps, watched: sweep by sweep, every noise level moves to where its steps cost least")
search = optimize.watch(state)
choice = optimize.chosen(state)
seen = optimize.stage(choice)
shown = optimize.found(state, search, choice)
outcomes = findings.begin(state, shown)


def search_as_it_goes() -> None:
    optimize.status(search)
    optimize.player(state, search, shown["p-optimum"])


under_way = running.active(search) or not choice.done()
running.follow(search_as_it_goes, partial(optimize.stage, choice), seen, under_way)
pictures = st.container(key="panels_box5")
st.caption(optimize.LOOK)
samples = optimize.samples(state, search, shown, outcomes)
gallery.draw(pictures, state.chosen_model, samples)
left, right = st.columns([0.6, 0.4], gap="medium")
with right:
    st.markdown("#### Past the paper: one pass prices every schedule")
    controls.dials(state)
    optimize.evidence(state, choice)
with left:
    st.markdown("#### What each schedule is worth, and what finding it cost")
    optimize.table(state, shown, outcomes)
    st.caption(optimize.table_caption(shown))
take_home.section(state, shown, left, right)
