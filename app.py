"""The frame: page configuration and navigation."""

import streamlit as st

from ays_toy.ui import frame

st.set_page_config("AYS Explorer", page_icon="docs/icon.svg", layout="wide", initial_sidebar_state="expanded")
frame.style()
st.navigation([st.Page("pages/explore.py", title="Explore", url_path="explore", default=True)], position="top").run()
