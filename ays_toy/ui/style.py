"""Style sheets that a page brings along."""

import streamlit as st

KEY = "style_"  # what the keys of their containers begin with


def apply(css: str, name: str) -> None:
    """Have the browser style a page by `css`, in elements <style>, as soon as it shows words.

    A browser that is new here reads for a second or two what `st.html` takes, and words would stand there without.
    """
    with st.container(key=KEY + name):
        st.markdown(css, unsafe_allow_html=True)
