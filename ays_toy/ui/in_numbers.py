"""A figure in numbers, shut until it is asked for: for who does not see it, or has no pointer to ask it."""

from collections.abc import Iterable

import streamlit as st

from ays_toy.ui import terms

LABEL = "The figure in numbers"


def show(lines: Iterable[str]) -> None:
    """Offer what a figure shows as lines of words and numbers."""
    words = "\n".join(f"- {line}" for line in lines)
    st.expander(LABEL, icon=":material/format_list_numbered:").markdown(words, help=terms.about(words))
