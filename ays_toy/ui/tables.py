"""The table of schedules: KLUB, every metric with its error bar, and what finding the schedule cost."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from ays_toy.klub import KlubEstimate
from ays_toy.metrics import METRICS
from ays_toy.ui.compute import Outcome

ROW_HEIGHT = 32
LETTER = 6.6  # pixels, on average
MARK = "■"  # the column of colors
CALLS, SECONDS = "Denoiser calls", "Seconds"


@dataclass(frozen=True, eq=False)
class Row:
    """One schedule; `calls` and `seconds` are what finding it took, 0 for a family."""

    title: str
    color: str
    outcome: "Future[Outcome]"
    klub: KlubEstimate | None = None
    calls: int | None = None
    seconds: float | None = None


def schedules(rows: Sequence[Row], key: str, alt: str, costs: bool = False) -> None:
    """Draw the rows, sortable by their headers."""
    cells = [_cells(row, costs) for row in rows]
    colors = [f"color: {row.color}" for row in rows]
    styled = pd.DataFrame(cells).style.apply(lambda _: colors, subset=[MARK])
    st.dataframe(
        styled,
        hide_index=True,
        column_config=_columns(cells[0], name_width([row.title for row in rows])),
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        row_height=ROW_HEIGHT,
        placeholder="",
        key=key,
        alt=alt,
    )


def name_width(titles: Sequence[str]) -> int:
    """Pixels of a column that cuts none of the titles."""
    return max(112, round(LETTER * max(map(len, titles))) + 18)


def mark(pinned: bool = False) -> dict[str, Any]:
    """The column of colors: a header of its own, or a screen reader would have none to say."""
    return dict(st.column_config.TextColumn("Color", width=48, pinned=pinned, help="As in the figures."))


def _cells(row: Row, costs: bool) -> dict[str, Any]:
    cells: dict[str, Any] = {MARK: MARK, "Schedule": row.title}
    klub = row.klub
    cells |= {"KLUB": klub and klub.value, "± KLUB": klub and klub.stderr}
    if costs:
        cells |= {CALLS: row.calls, SECONDS: row.seconds}
    for key, estimate in row.outcome.result().metrics.items():
        cells |= {METRICS[key].title: estimate.value, f"± {METRICS[key].title}": estimate.stderr}
    return cells


def _columns(row: dict[str, Any], width: int) -> dict[str, Any]:
    about = {metric.title: metric.about for metric in METRICS.values()}
    about["KLUB"] = "The paper's bound on the KL divergence of whole paths, in nats; lower is tighter."
    columns: dict[str, Any] = {
        MARK: mark(pinned=True),
        "Schedule": st.column_config.TextColumn(width=width, pinned=True),
        CALLS: st.column_config.NumberColumn(
            "Calls", help="Points given to the denoiser to find the schedule.", format="compact", width=68
        ),
        SECONDS: st.column_config.NumberColumn(help="Time that took on this machine.", format="%.3g", width=68),
    }
    for title in row:
        if title.startswith("± "):
            columns[title] = st.column_config.NumberColumn("±", help="Standard error.", format="%.1g", width=50)
        elif title not in columns:
            columns[title] = st.column_config.NumberColumn(help=about[title], format="%.4g", width=68)
    return columns
