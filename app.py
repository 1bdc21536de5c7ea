"""The frame: page configuration and navigation."""

import os

# Schedules are drawn in parallel, one to a core; threads within each would only wait for each other. Before torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import streamlit as st

from ays_toy import serving
from ays_toy.ui import frame, keeper
from ays_toy.ui.components.address import one_entry_a_deed

# The sidebar is open, but shut on a phone, where it would lie over the page.
st.set_page_config("AYS Explorer", page_icon="docs/icon.svg", layout="wide", initial_sidebar_state="auto")
frame.begin()
with frame.sentences():
    serving.current()  # what is not said well is not open to anybody
    one_entry_a_deed(keeper.cookie())
frame.by_name("explore")
page = st.navigation(
    [
        st.Page("pages/explore.py", title="Explore", url_path="explore", default=True),
        st.Page("pages/data.py", title="Your data", url_path="data"),
        st.Page("pages/train.py", title="Train", url_path="train"),
        st.Page("pages/optimize.py", title="Optimize", url_path="optimize"),
        st.Page("pages/trajectories.py", title="Trajectories", url_path="trajectories"),
        st.Page("pages/beat_ays.py", title="Beat AYS", url_path="beat_ays"),
        st.Page("pages/images.py", title="Images", url_path="images"),
    ],
    position="top",
)
frame.glossary()
with frame.sentences():
    page.run()
