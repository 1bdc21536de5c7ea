"""Optimize: the paper's search as it runs, when to stop it, and what goes past it."""

from functools import partial

import streamlit as st

from ays_toy.ui import coming, compute, controls, findings, gallery, in_numbers, running, terms, view
from ays_toy.ui.lessons import bar
from ays_toy.ui.optimize import choosing, compared, dials, ends, take_home, watching

state = view.show(
    view.SearchView,
    *controls.WHAT,
    dials.start,
    dials.stop_by,
    dials.samples,
    controls.noise_range,
    controls.columns,
    controls.new_noise,
    settle=watching.settle,
)

st.markdown("### Align Your Steps, watched: sweep by sweep, every noise level moves to where its steps cost least")
choice = choosing.chosen(state)
seen = compared.stage(state, choice)
shown = compared.found(state, choice)
outcomes = findings.begin(state, shown, pictured=compared.pictured(shown))


def search_as_it_goes() -> None:
    with st.container(key="story"):
        watching.status(state)
    watching.player(state, shown["p-optimum"])


under_way = running.active(watching.watch(state)) or choosing.choosing(choice)
running.follow(search_as_it_goes, partial(compared.stage, state, choice), seen, under_way)
pictures = gallery.reserved(watching.PICTURES, 300)
terms.caption(watching.look_for(), *gallery.WORDS)
missing = compared.missing(shown, outcomes)
samples = compared.samples(state, shown, outcomes)
gallery.show(pictures, state.chosen_model, samples, meta=compared.meta(state, shown), whole=not missing, opens=True)
left, right = st.columns([0.65, 0.35], gap="medium")
with right:
    st.markdown("#### Past the paper: one pass prices every schedule")
    dials.optimum(state)
    choosing.evidence(state, choice)
with left.container(key="findings_box"):
    st.markdown("#### What each schedule is worth, and what finding it cost")
    rows = compute.measured(state.chosen_model, shown, outcomes)
    compared.table(state, rows)
    terms.caption(compared.table_caption(state, shown), *(one.title for one in shown.values()))
    in_numbers.show(partial(watching.in_numbers, state, shown["p-optimum"]))
bar.ask(partial(compared.facts, state, rows))
longer = take_home.section(state, shown, left, right)
coming.follow(missing, [*coming.unmeasured(rows, outcomes), *longer])
ends.section(state)
