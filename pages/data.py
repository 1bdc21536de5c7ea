"""Your data: draw a distribution, or bring an image or numbers, and see samples of it at once."""

import streamlit as st

from ays_toy.ui import controls, view
from ays_toy.ui.own_data import bringing, brought, onward, previewing
from ays_toy.ui.train import keeping

state = view.show(
    bringing.DataView,
    controls.solver,
    controls.steps,
    controls.noise_range,
    controls.new_noise,
    before=brought.settle,
    besides=keeping.set_aside,
)

st.markdown("### Your own data: draw them, and there are samples of them at once")
left, right = st.columns([0.4, 0.6], gap="medium")
with left:
    bringing.ways(state)
with right:
    previewing.show(state)
    onward.offer()
    onward.saved()
