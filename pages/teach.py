"""Teach: links that are ready for a class, how to make one's own, where the answers go, and notes for a lesson."""

import streamlit as st

from ays_toy.ui import view
from ays_toy.ui.teaching import desk, notes

NOTES = 860  # pixels: lines of a length that is easily read

view.show(desk.TeachView)

st.markdown("### Six links for a class: each opens a page with one task, and few controls to get lost in")
desk.links()
left, right = st.columns([0.58, 0.42], gap="medium")
with left:
    desk.own_link()
with right:
    desk.answers()
with st.container(key="notes", width=NOTES):
    st.markdown("### Notes for a class of ninety minutes")
    notes.show()
