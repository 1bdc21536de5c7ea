"""Trajectories: the same starting noise under several schedules, side by side, and where each step goes wrong."""

from functools import partial

import streamlit as st

from ays_toy import names
from ays_toy.ui import controls, films, findings, gallery, in_numbers, running, terms, trajectories, view

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
shown, waiting = trajectories.found(state)
followed = trajectories.flow(shown)
trajectories.panels(shown, followed)
terms.caption(trajectories.look_for(shown), *(names.title(name, state.power) for name in shown.names))
with st.container(key="reference"):
    if waiting:
        st.caption(trajectories.waiting_words(state, waiting))
    st.caption(trajectories.path_words(shown, followed))
    st.markdown(trajectories.finding(shown, followed))
left, right = st.columns(2)
with left:
    errors = trajectories.local_errors(shown, followed)
    gallery.figure(errors, "local", "Errors of single steps", trajectories.alt(shown, followed, "local"))
    terms.caption(
        "**Look for** the noise levels where a schedule errs: each point is one step, begun on the reference, not "
        "where the steps before had led. Good schedules err alike everywhere."
    )
with right:
    distances = trajectories.distances(shown, followed)
    gallery.figure(
        distances, "distances", "Distances from the reference", trajectories.alt(shown, followed, "distance")
    )
    terms.caption(
        f"**Look for** where the distance builds up, and whether it ever heals. The reference is "
        f"{trajectories.reference_words(followed)}."
    )
terms.caption(
    f"Root mean squares over {followed.particles:,} particles, ± one standard error, in the panels' own coordinates."
)
running.follow(lambda: None, partial(findings.any_found, state, waiting), False, bool(waiting))
in_numbers.show(partial(trajectories.in_numbers, shown, films.light(followed)))
