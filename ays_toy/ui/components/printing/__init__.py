"""Paper: the page is laid out as wide as on the screen, where its figures were drawn, and made to fit a sheet."""

import streamlit as st

from ays_toy.ui.components.assets import read

_fit = st.components.v2.component("ays_printing", js=read("printing.js"))


def fit() -> None:
    """Have the page say how wide it is, before it is printed; draws nothing."""
    _fit(key="printing")
