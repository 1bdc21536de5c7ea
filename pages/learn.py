"""Learn: three doors into the subject, and the lessons."""

import streamlit as st

from ays_toy.ui import view
from ays_toy.ui.lessons import overview

view.show(overview.LearnView)

st.markdown("### Where should a diffusion model spend its few steps?")
st.markdown(overview.said())
overview.doors()
st.markdown("#### The lessons")
overview.lessons()
overview.questions()
