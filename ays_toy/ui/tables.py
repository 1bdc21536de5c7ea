"""The table of schedules: KLUB and every metric with its error bar, and what finding the schedule cost."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from ays_toy.klub import KlubEstimate
from ays_toy.metrics import METRICS, Estimate
from ays_toy.ui.compute import Outcome
from ays_toy.words import significant

ROW_HEIGHT = 27
LETTER = 6.6  # pixels, on average
MARK = "■"  # the column of colors
CALLS, SECONDS = "Denoiser calls", "Seconds"
KLUB_ABOUT = (
    "The paper's bound on the KL divergence of whole paths, in nats: lower is tighter, and fresh data have none."
)


@dataclass(frozen=True, eq=False)
class Row:
    """One schedule; `calls` and `seconds` are what finding it took, 0 for a family."""

    title: str
    color: str
    outcome: "Future[Outcome]"
    klub: KlubEstimate | None = None  # none: of the data themselves, which no step has cost anything
    calls: int | None = None
    seconds: float | None = None


def schedules(rows: Sequence[Row], key: str, alt: str, columns: Sequence[str], costs: bool = False) -> None:
    """Draw the rows, sortable by their headers; of 'klub' and the metrics those named, each with its error bar."""
    figures = [_figures(row) for row in rows]
    shown = [name for name in columns if name in figures[0]]
    estimates = {_title(name): [row[name] for row in figures] for name in shown}
    cells: dict[str, Any] = {MARK: [MARK] * len(rows), "Schedule": [row.title for row in rows]}
    if costs:
        cells |= {CALLS: [row.calls for row in rows], SECONDS: [row.seconds for row in rows]}
    cells |= {title: [one.value for one in column] for title, column in estimates.items()}
    st.dataframe(
        with_errors(pd.DataFrame(cells), estimates, [f"color: {row.color}" for row in rows]),
        hide_index=True,
        column_config=_columns(shown, name_width([row.title for row in rows])),
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
    return dict(st.column_config.TextColumn("Color", width=44, pinned=pinned, help="As in the figures."))


def with_errors(frame: pd.DataFrame, estimates: dict[str, list[Estimate]], colors: Sequence[str]) -> Any:
    """The frame with its marks colored and the columns of estimates as 'value ± error': they sort by the value."""
    styled = frame.style.apply(lambda _: list(colors), subset=[MARK])
    for title, column in estimates.items():
        for row, one in zip(frame.index, column, strict=True):
            text = significant(one.value, one.stderr)
            styled = styled.format(_saying(text), subset=pd.IndexSlice[[row], [title]])
    return styled


def _saying(text: str) -> Callable[[Any], str]:
    return lambda _: text


def _figures(row: Row) -> dict[str, Estimate]:
    klub = Estimate(0.0, 0.0) if row.klub is None else Estimate(row.klub.value, row.klub.stderr)
    return {"klub": klub, **row.outcome.result().metrics}


def _title(name: str) -> str:
    return "KLUB" if name == "klub" else METRICS[name].title


def _columns(shown: Sequence[str], width: int) -> dict[str, Any]:
    columns: dict[str, Any] = {
        MARK: mark(pinned=True),
        "Schedule": st.column_config.TextColumn(width=width, pinned=True),
        CALLS: st.column_config.NumberColumn(
            "Calls", help="Points given to the denoiser to find the schedule.", format="compact", width=68
        ),
        SECONDS: st.column_config.NumberColumn(help="Time that took on this machine.", format="%.3g", width=68),
    }
    for name in shown:
        about = KLUB_ABOUT if name == "klub" else METRICS[name].about
        columns[_title(name)] = st.column_config.NumberColumn(help=f"{about} ± is one standard error.", width=104)
    return columns
