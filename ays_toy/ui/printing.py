"""A page on paper: its words and figures whole, without controls, and what these said in one line on top."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from ays_toy.ui import frame, settings
from ays_toy.ui.components.printing import fit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LINE = "printed"  # the key of what is on paper alone


def sheet(state: "DataclassInstance") -> None:
    """Make the page ready for paper: the line of its settings, which a screen does not show."""
    with st.container(key=LINE):
        fit()
        if line := settings.line({field.name: getattr(state, field.name) for field in fields(state)}):
            st.markdown(frame.literal(line))


def table(key: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table for paper alone: the one on the screen is painted, and shows what it has room for."""

    def row(cells: Sequence[str], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    with st.container(key=f"{LINE}_{key}"):
        st.html(f"<table><thead>{row(headers, 'th')}</thead><tbody>{body}</tbody></table>")
