"""Every name and word opens the glossary where it stands: what a caption or a label says is explained beside it."""

from typing import Any

import streamlit as st

from ays_toy import glossary


def about(*texts: str) -> str | None:
    """What the glossary says of the words in these texts, as the help of a caption or a widget; None if nothing."""
    found = glossary.found_in(texts)
    return "\n\n".join(f"**{word}:** {sentence}" for word, sentence in found.items()) or None


def caption(text: str, *beside: str, place: Any = st, **more: Any) -> None:
    """A caption that explains its own words on a click, and those in `beside`: the words of the figure it is of."""
    place.caption(text, help=about(text, *beside), **more)
