"""Trajectories: the same starting noise under several schedules, side by side, and where each step goes wrong."""

from functools import partial

import streamlit as st

from ays_toy import names
from ays_toy.ui import controls, films, gallery, in_numbers, terms, trajectories, view

state = view.show(
    trajectories.TrajectoriesView,
    *controls.WHAT,
    controls.schedules,
    controls.power_if_shown,
    trajectories.alignment,
    trajectories.aims,
    controls.noise_range,
    controls.new_noise,
)

st.markdown(f"### The same noise, carried to the data in {state.steps} steps by different schedules")
followed = trajectories.flow(state)
trajectories.panels(state, followed)
terms.caption(trajectories.look_for(state), *(names.title(name, state.power) for name in state.names))
with st.container(key="reference"):
    st.caption(trajectories.path_words(state, followed))
    st.markdown(trajectories.finding(state, followed))
left, right = st.columns(2)
with left:
    errors = trajectories.local_errors(state, followed)
    gallery.figure(errors, "local", "Errors of single steps", trajectories.alt(state, followed, "local"))
    terms.caption(
        "**Look for** the noise levels where a schedule errs: each point is one step, begun on the reference, not "
        "where the steps before had led. Good schedules err alike everywhere."
    )
with right:
    distances = trajectories.distances(state, followed)
    gallery.figure(
        distances, "distances", "Distances from the reference", trajectories.alt(state, followed, "distance")
    )
    terms.caption(
        f"**Look for** where the distance builds up, and whether it ever heals. The reference is "
        f"{trajectories.reference_words(followed)}."
    )
terms.caption(
    f"Root mean squares over {followed.particles:,} particles, ± one standard error, in the panels' own coordinates."
)
in_numbers.show(partial(trajectories.in_numbers, state, films.light(followed)))
