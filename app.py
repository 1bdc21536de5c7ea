"""The frame: page configuration and navigation."""

import os

# Schedules are drawn in parallel, one to a core; threads within each would only wait for each other. Before torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import streamlit as st

from ays_toy.ui import frame

# "auto": open beside the page, shut on a phone, where it would lie over it.
st.set_page_config("AYS Explorer", page_icon="docs/icon.svg", layout="wide", initial_sidebar_state="auto")
frame.style()
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
with frame.sentences():
    page.run()
