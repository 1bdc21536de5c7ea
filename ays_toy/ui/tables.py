"""The table of schedules: whatever is known of each, every estimate as 'value ± error', and what finding it cost."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from ays_toy.estimates import Estimate, Measured
from ays_toy.metrics import METRICS
from ays_toy.palette import ATTEMPT, color
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import printing

HEADER, ROW_HEIGHT = 35, 25  # pixels, of Streamlit's header and of our rows
LETTER = 6.6  # pixels, on average
MARK = "■"  # the column of colors
CALLS, SECONDS, LEVELS = "Denoiser calls", "Seconds", "Levels"
KLUB_ABOUT = (
    "The paper's bound on the KL divergence of whole paths, in nats: lower is tighter, and fresh data have none."
)
UNPRICED = Estimate(0.0, 0.0)  # fresh data, which no step has cost anything


def measured(rows: Iterable[Measured], key: str, alt: str, metrics: Sequence[str], costs: bool = False) -> None:
    """Schedules with 'klub' and the metrics named, as far as their data have them, and what finding them took.

    Rows without metrics are still being measured; at least one has been.
    """
    rows = list(rows)
    columns: dict[str, list[Any]] = {}
    if costs:
        found = [row.schedule if row.klub else None for row in rows]
        columns[CALLS] = [one and one.calls for one in found]
        columns[SECONDS] = [one and one.seconds for one in found]
    config, cells = {}, list[Estimate | None]()
    for name in metrics:
        if name == "klub":
            title, about, cells = "KLUB", KLUB_ABOUT, [row.klub or UNPRICED for row in rows]
        elif name in next(row.metrics for row in rows if row.metrics):
            title, about = METRICS[name].title, METRICS[name].about
            cells = [row.metrics[name] if row.metrics else None for row in rows]
        else:
            continue
        columns[title] = cells
        config[title] = st.column_config.NumberColumn(help=f"{about} ± is one standard error.", width=100)
    show([row.schedule for row in rows], columns, config, key, alt)


def height(rows: int) -> int:
    """Pixels of a table that shows so many rows whole."""
    return HEADER + ROW_HEIGHT * rows + 3


def show(
    schedules: Sequence[Schedule],
    columns: Mapping[str, Sequence[Any]],
    config: dict[str, Any],
    key: str,
    alt: str,
    *,
    most: int = 40,
    placeholder: str = "",
) -> None:
    """Draw one row a schedule, sortable by its headers, at most so many rows in sight at once.

    Columns of estimates show 'value ± error' and sort by the value; `config` says what is special about a column.
    """
    titles = [one.title for one in schedules]
    cells = {title: [getattr(cell, "value", cell) for cell in column] for title, column in columns.items()}
    frame = pd.DataFrame({MARK: [MARK] * len(titles), "Schedule": titles} | cells)
    colors = ["" if one.name == ATTEMPT else f"color: {color(one.name)}" for one in schedules]
    styled = frame.style.apply(lambda _: colors, subset=[MARK])
    for title, column in columns.items():
        for row, cell in enumerate(column):
            if isinstance(cell, Estimate):
                styled = styled.format(_saying(str(cell)), subset=pd.IndexSlice[[row], [title]])
    st.dataframe(
        styled,
        hide_index=True,
        column_config=_usual(name_width(titles)) | config,
        height=height(min(len(titles), most)),
        row_height=ROW_HEIGHT,
        placeholder=placeholder,
        key=key,
        alt=alt,
    )
    rows = zip(titles, *(map(_plain, column) for column in columns.values()), strict=True)
    printing.table(key, ["Schedule", *columns], rows)


def _plain(cell: Any) -> str:
    """A cell as it is printed."""
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:.3g}" if isinstance(cell, float) else str(cell)


def levels(sigmas: np.ndarray) -> str:
    """Noise levels as a cell."""
    return "  ".join(f"{sigma:.3g}" for sigma in sigmas)


def name_width(titles: Sequence[str]) -> int:
    """Pixels of a column that cuts none of the titles."""
    return max(112, round(LETTER * max(map(len, titles))) + 18)


def _saying(text: str) -> Callable[[Any], str]:
    return lambda _: text


def _usual(width: int) -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        # A header of its own, or a screen reader would have none to say.
        MARK: text("Color", width=44, pinned=True, help="As in the figures."),
        "Schedule": text(width=width, pinned=True),
        CALLS: number("Calls", help="Points given to the denoiser to find the schedule.", format="compact", width=68),
        SECONDS: number(help="Time that took on this machine.", format="%.3g", width=68),
        LEVELS: text(help="From the highest noise to the lowest.", width="large"),
    }
