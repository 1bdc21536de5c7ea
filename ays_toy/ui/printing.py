"""A page on paper: its words and figures whole, without controls, and what these said in one line on top."""

from typing import Any

import streamlit as st

from ays_toy.ui import frame, settings
from ays_toy.ui.components.printing import fit

LINE = "printed"  # the key of what is on paper alone


def sheet(state: Any) -> None:
    """Make the page ready for paper: the line of its settings, which a screen does not show."""
    with st.container(key=LINE):
        fit()
        if line := settings.words(state):
            st.markdown(frame.literal(line))
