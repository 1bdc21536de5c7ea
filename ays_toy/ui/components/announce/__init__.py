"""What changes in a place of the page is read aloud by screen readers."""

import streamlit as st

from ays_toy.ui.components.assets import read

_announce = st.components.v2.component("ays_announce", js=read("announce.js"))


def announce(container: str) -> None:
    """Make the container with that key a live region; draws nothing. Call it within the container."""
    with st.container(key="announcing"):
        _announce(key=f"announce {container}", data=container)
