"""Teach: links that are ready for a class, how to make one's own, and where the answers go."""

import streamlit as st

from ays_toy.ui import view
from ays_toy.ui.teaching import desk, notes

view.show(desk.TeachView)

st.markdown("### Six links for a class: each opens a page with one task, and few controls to get lost in")
desk.links()
left, right = st.columns([0.58, 0.42], gap="medium")
with left:
    desk.own_link()
with right:
    desk.answers()
st.markdown("### Ninety minutes, question by question")
notes.show()
