"""Explore: the same model, noise and number of steps, and what it matters where the steps are put."""

from functools import partial

import streamlit as st

from ays_toy import serving
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.ui import (
    coming,
    compute,
    controls,
    explore,
    findings,
    following,
    gallery,
    in_numbers,
    opening,
    repeats,
    terms,
    view,
    yours,
)
from ays_toy.ui.components import follow
from ays_toy.ui.lessons import bar, course

state = view.show(
    view.View,
    *controls.WHAT,
    controls.schedules,
    controls.power_if_shown,
    partial(yours.control, "yours", explore.fit),
    controls.noise_range,
    controls.columns,
    controls.new_noise,
    repeats.control,
)

own = explore.own(state)
controls.enough(len(state.names) + (own is not None), 1)
meta = following.meta(state, own)
told = following.pictures(state, own, explore.container(state), explore.RAIL)
follow.follow(told, meta)
ahead = following.head_start(told)

calls = denoiser_calls(state.solver, state.steps)
with st.container(key="heading"):
    st.markdown(f"### Same model, same noise, same {calls} denoiser calls: only the noise levels differ")
terms.caption(
    "A diffusion model turns noise into data in a few steps. Its **schedule** says at which noise levels σ. **AYS** is "
    "the paper's, *Align Your Steps*; the **Automatic choice** is what this project recommends.",
    *explore.words_beside(state),
)
yours.remarks(state.yours, explore.fit, state.steps)
known, waiting = explore.find(state)
pictures = gallery.reserved(explore.container(state), 356)
terms.caption(
    "**Look for** missing, smeared or uneven modes: all pictures share one color scale, "
    f"{state.chosen_model.samples:,} samples each.",
    *gallery.WORDS,
)
again = st.container(key="again")
finding = gallery.reserved("verdict", 98)
left, right = st.columns([0.46, 0.54], gap="medium")

# What is known first is shown first: levels and prices need no samples. The browser's own pictures need neither.
if not serving.current().shared:  # a browser on the same machine needs its processors as well
    ahead()
outcomes = findings.begin(state, known, explore.later(state, known))
follow.price(following.priced(state))
ahead()
if opens := opening.opens("panels"):  # then they come first, as pictures that need no Plotly
    missing = explore.missing(state, known, outcomes)
    explore.draw(pictures, state, known, outcomes, meta, not missing)
with left:
    figure, words = explore.rail(state, known)
    gallery.figure(figure, explore.RAIL, "Noise levels and KLUB", words)
    terms.caption(explore.RAIL_CAPTION)
    # Beside the controls, or the page would be higher than a screen of 1440 x 900.
    with (st if course.at_step() else st.sidebar).container(key="rail_numbers"):
        in_numbers.show(lambda: [words])
if not opens:
    missing = explore.missing(state, known, outcomes)
rows = compute.measured(state.chosen_model, known, outcomes)
verdict = explore.verdict(state, rows)
finding.markdown(verdict, help=terms.about(verdict))
with right.container(key="table_box"):
    explore.table(state, rows)
    said = "**Fresh data** is what a perfect sampler would score; ± is one standard error."
    terms.caption(said, *(row.title for row in rows.values()))
if not opens:  # last: with it come figures of what is chosen
    explore.draw(pictures, state, known, outcomes, meta, not missing)
if not missing:
    with again:
        missing += repeats.show(state, known)
bar.ask(partial(explore.facts, state, rows))
found = partial(findings.any_found, state, waiting) if waiting else None
coming.follow(missing, coming.unmeasured(rows, outcomes), found)
