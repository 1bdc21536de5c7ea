"""Explore: the same model, noise and number of steps, and what it matters where the steps are put."""

import streamlit as st

from ays_toy.samplers import denoiser_calls
from ays_toy.ui import controls, explore, gallery, view, yours

problems = view.open_view(view.View)
with st.sidebar:
    controls.data()
    controls.model()
    controls.solver()
    controls.steps()
    controls.baselines()
    yours.control("yours", explore.fit)
    controls.power()
    controls.noise_range()
    controls.new_noise()
state = view.current(view.View)
own = [yours.NAME] if explore.brought(state) else []
shown = [*state.baselines, "exact", *own]

for problem in problems:
    st.warning(problem, icon=":material/link_off:")
calls = denoiser_calls(state.solver, state.steps)
st.markdown(f"### Same model, same noise, same {calls} denoiser calls: only the noise levels differ")
st.caption(
    "A diffusion model turns noise into data in a few steps. Its **schedule** says at which noise levels σ they are "
    "taken; the **optimized** one comes from the idea of *Align Your Steps*."
)
yours.remarks(state.yours, explore.fit, state.steps)
pictures = st.container(key="panels_box5" if own else "panels_box")
st.caption(
    "**Look for** missing, smeared or uneven modes: all pictures share one color scale, "
    f"{state.chosen_model.samples:,} samples each; figures are better when lower."
)
left, right = st.columns([0.57, 0.43])

# What is known first is shown first: levels and prices need no samples.
outcomes = explore.start(state, shown)
with left:
    st.plotly_chart(explore.rail(state, shown), key="rail", config=gallery.STILL, alt=explore.rail_alt(state, shown))
    st.caption(explore.rail_caption(state))
samples = explore.samples(state, shown, outcomes)
pictures.plotly_chart(
    gallery.row(state.chosen_model, samples),
    key="panels",
    height="stretch",
    config=gallery.STILL,
    alt=gallery.alt(state.chosen_model, samples),
)
with right:
    explore.table(state, outcomes)
    st.caption(
        "Click a header to sort, point at it for its meaning; ± is one standard error. "
        "**Fresh data** is what a perfect sampler would score."
    )
