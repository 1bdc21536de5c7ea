"""Learn: three doors into the subject, and the lessons."""

import streamlit as st

from ays_toy.ui import terms, view
from ays_toy.ui.lessons import overview

view.show(overview.LearnView)

st.markdown("### Where should a diffusion model spend its few steps?")
words = overview.said()
st.markdown(words, help=terms.about(words))
overview.doors()
st.markdown("#### The lessons", help=terms.about(*overview.ideas()))
overview.lessons()
overview.questions()
