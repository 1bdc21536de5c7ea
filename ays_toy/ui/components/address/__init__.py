"""The address bar: Back and Forward lead from one thing that a person did to another."""

import streamlit as st

from ays_toy.ui.components.assets import read

_address = st.components.v2.component("ays_address", js=read("scrollers.js", "anew.js", "address.js"))


def one_entry_a_deed(cookie: dict[str, str]) -> None:
    """Keep entries out of the browser's history that nobody made, and a cookie of that name and key; draws nothing."""
    with st.container(key="address", height=1, border=False):  # until the style that hides it has come
        _address(key="history", data=cookie)
