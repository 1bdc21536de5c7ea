"""Your data: draw a distribution, or bring an image or numbers, and see samples of it at once."""

import streamlit as st

from ays_toy.ui import controls, keep, own_data, own_desk, view

state = view.show(
    own_data.DataView,
    controls.solver,
    controls.steps,
    controls.noise_range,
    controls.new_noise,
    before=own_desk.settle,
    besides=keep.set_aside,
)

st.markdown("### Your own data: draw them, and there are samples of them at once")
left, right = st.columns([0.4, 0.6], gap="medium")
with left:
    own_data.ways()
with right:
    own_data.preview(state)
    own_data.onward()
    own_data.saved()
