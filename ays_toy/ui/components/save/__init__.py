"""Buttons that save a Plotly figure of the page as PNG or SVG: made in the browser, of what is on its screen."""

import streamlit as st

from ays_toy.figures.printed import LOOK
from ays_toy.ui.components.assets import read

_save = st.components.v2.component(
    "ays_save", css=read("shared.css", "save.css"), js=read("base64.js", "plot.js", "save.js")
)
SCALE = 2  # as many pixels, each way, as on the screen


def save_buttons(chart: str, title: str, file: str) -> None:
    """Draw the buttons for the figure of that key; its file is called so, without the ending."""
    data = {"chart": chart, "title": title, "file": file, "look": LOOK, "scale": SCALE}
    _save(data=data, key=f"save {chart}", width="content")
