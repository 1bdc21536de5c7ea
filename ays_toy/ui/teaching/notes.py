"""The teaching notes within the app: docs/teaching.md, its addresses made links into the running app."""

import re
from functools import lru_cache

import streamlit as st

from ays_toy import launch
from ays_toy.ui.teaching import share

FILE = launch.folder() / "docs" / "teaching.md"
_ADDRESS = re.compile(r"`(/\w+(?:\?[^`\s]*)?)`")
_ROW = re.compile(r"^\| (\d[^|]*) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_HEAD = re.compile(r"^\|[^\d\n]*\|\n\|[-|]+\|\n", re.MULTILINE)
_PARTS = re.compile(r"^## ", re.MULTILINE)


def show() -> None:
    """Draw the notes, a heading for each part, without the title that the page has of its own."""
    app = share.home()
    beginning, *parts = (linked(part, app) for part in _read())
    st.markdown(beginning)
    for part in parts:
        st.markdown(f"#### {part}")


@lru_cache(maxsize=1)
def _read() -> tuple[str, ...]:
    """What comes before the first part, and every part, which begins with its heading."""
    text = FILE.read_text(encoding="utf-8").partition("\n")[2]
    return tuple(part.strip() for part in _PARTS.split(listed(text)))


def listed(text: str) -> str:
    """Markdown whose table of minutes is a list: a table of Streamlit's Markdown has no name for a screen reader."""
    return _ROW.sub(r"- **\1:** \2 (\3)", _HEAD.sub("", text))


def linked(text: str, app: str) -> str:
    """Markdown whose addresses of pages, such as `/learn`, are links into the app of that address."""
    return _ADDRESS.sub(lambda found: f"[{found[1]}]({app}{found[1]})", text)
