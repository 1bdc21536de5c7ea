"""Your data: draw a distribution, or bring an image or numbers, and see samples of it at once."""

import streamlit as st

from ays_toy.ui import controls, keep, own_data, own_desk, view

problems = view.open_view(own_data.DataView)
gone = own_desk.settle()
with st.sidebar:
    controls.solver()
    controls.steps()
    controls.noise_range()
    controls.new_noise()
state = view.current(own_data.DataView)
for problem in [*problems, *gone, *keep.set_aside()]:
    st.warning(problem, icon=":material/info:")

st.markdown("### Your own data: draw them, and there are samples of them at once")
left, right = st.columns([0.4, 0.6], gap="medium")
with left:
    own_data.ways()
with right:
    own_data.preview(state)
    own_data.onward()
    own_data.saved()
