"""The table of schedules: whatever is known of each, every estimate as 'value ± error', and what finding it cost."""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from ays_toy.estimates import Estimate, Measured
from ays_toy.metrics import METRICS
from ays_toy.palette import ATTEMPT, color
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import downloads, presenting, printing

HEADER, ROW = 35, 25  # pixels, of Streamlit's header and of our rows
LETTER = 6.6  # pixels, on average; all of these where nothing is presented
MARK = "■"  # the column of colors
CALLS, SECONDS, LEVELS = "Denoiser calls", "Seconds", "Levels"
KLUB_ABOUT = (
    "The paper's bound on the KL divergence of whole paths, in nats: lower is tighter, and fresh data have none."
)
WIDTHS = {"energy": 108, "nll": 92}  # pixels: the first can be less than zero, and has its longest figures then
COMING = "…"  # what is still being measured
UNKNOWN = Estimate(math.nan, math.nan)  # what has not been measured
UNPRICED = Estimate(0.0, 0.0)  # fresh data, which no step has cost anything
UNITS = {"KLUB": "nats", SECONDS: "s"} | {metric.title: metric.unit for metric in METRICS.values()}


def measured(
    rows: Iterable[Measured],
    key: str,
    alt: str,
    metrics: Sequence[str],
    costs: bool = False,
    title: str = "Table of schedules",
) -> None:
    """Schedules with 'klub' and the metrics named, as far as their data have them, and what finding them took.

    Rows without metrics are still being measured; where all are, all columns are there.
    """
    rows = list(rows)
    columns: dict[str, list[Any]] = {}
    if costs:
        columns[CALLS] = [row.schedule.calls for row in rows]
        columns[SECONDS] = [row.schedule.seconds for row in rows]
    config, cells = {}, list[Estimate | None]()
    for name in metrics:
        if name == "klub":
            head, about, cells = "KLUB", KLUB_ABOUT, [row.klub or UNPRICED for row in rows]
        elif name in next((row.metrics for row in rows if row.metrics), METRICS):
            head, about = METRICS[name].title, METRICS[name].about
            cells = [row.metrics[name] if row.metrics else None for row in rows]
        else:
            continue
        columns[head] = cells
        width = presenting.pixels(WIDTHS.get(name, 100))
        config[head] = st.column_config.NumberColumn(help=f"{about} ± is one standard error.", width=width)
    show([row.schedule for row in rows], columns, config, key, alt, title=title, placeholder=COMING)


def height(rows: int) -> int:
    """Pixels of a table that shows so many rows whole."""
    return presenting.pixels(HEADER) + row_height() * rows + 3


def row_height() -> int:
    """Pixels of a row."""
    return presenting.pixels(ROW)


def show(
    schedules: Sequence[Schedule],
    columns: Mapping[str, Sequence[Any]],
    config: dict[str, Any],
    key: str,
    alt: str,
    *,
    title: str,
    most: int = 40,
    placeholder: str = "",
) -> None:
    """Draw one row a schedule, sortable by its headers, at most so many rows in sight at once; offer it under a title.

    Columns of estimates show 'value ± error' and sort by the value; `config` says what is special about a column. A
    placeholder stands in the cells that are None.
    """
    downloads.table(title, partial(as_csv, schedules, columns))
    titles = [one.title for one in schedules]
    cells = {head: [getattr(cell, "value", cell) for cell in column] for head, column in columns.items()}
    frame = pd.DataFrame({MARK: [MARK] * len(titles), "Schedule": titles} | cells)
    colors = ["" if one.name == ATTEMPT else f"color: {color(one.name)}" for one in schedules]
    styled = frame.style.apply(lambda _: colors, subset=[MARK])
    said = defaultdict[tuple[int, ...], dict[str, dict[Any, str]]](dict)  # what pandas does at once is cheap
    for head, column in columns.items():
        for rows, texts in _said(column):
            said[tuple(rows)][head] = texts
    for alike, heads in said.items():
        writing: Any = {head: texts.__getitem__ for head, texts in heads.items()}
        styled = styled.format(writing, subset=pd.IndexSlice[list(alike), list(heads)], na_rep=str(UNKNOWN))
    st.dataframe(
        styled,
        hide_index=True,
        column_config=_usual(name_width(titles)) | config,
        height=height(min(len(titles), most)),
        row_height=row_height(),
        placeholder=placeholder,
        key=key,
        alt=alt,
    )
    printed = ([placeholder if cell is None else _printed(cell) for cell in column] for column in columns.values())
    printing.table(key, ["Schedule", *columns], zip(titles, *printed, strict=True))


def _printed(cell: Any) -> str:
    """A cell as it is on paper."""
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:.3g}" if isinstance(cell, float) else str(cell)


def as_csv(schedules: Sequence[Schedule], columns: Mapping[str, Sequence[Any]]) -> str:
    """The same table for other programs: all digits, units in the headers, each standard error in a column of its own.

    Every row has its noise levels too, from the highest to the lowest. What is not measured is left empty.
    """
    table: dict[str, Sequence[Any]] = {
        "Schedule": [one.title for one in schedules],
        "Steps": [one.steps if one.levels else None for one in schedules],
    }
    for head, column in columns.items():
        if head in (LEVELS, "Steps"):
            continue
        unit = f" ({UNITS[head]})" if UNITS.get(head) else ""
        table[head + unit] = [getattr(cell, "value", cell) for cell in column]
        if any(isinstance(cell, Estimate) for cell in column):
            table[f"{head}, standard error{unit}"] = [getattr(cell, "stderr", None) for cell in column]
    table["Noise levels"] = [" ".join(map(repr, one.levels)) for one in schedules]
    return written(table)


def written(table: Mapping[str, Sequence[Any]]) -> str:
    """Columns by their headers as CSV, every number so that it can be read back; empty where there is none."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(table)
    rows.writerows([_plain(cell) for cell in row] for row in zip(*table.values(), strict=True))
    return file.getvalue()


def _plain(cell: Any) -> Any:
    """A cell without NumPy, and nothing for what is not known."""
    plain = cell.item() if isinstance(cell, np.generic) else cell
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def levels(sigmas: np.ndarray) -> str:
    """Noise levels as a cell."""
    return "  ".join(f"{sigma:.3g}" for sigma in sigmas)


def name_width(titles: Sequence[str]) -> int:
    """Pixels of a column that cuts none of the titles."""
    return presenting.pixels(max(112, round(LETTER * max(map(len, titles))) + 18))


def _said(column: Sequence[Any]) -> list[tuple[list[int], dict[Any, str]]]:
    """Rows of a column that are written at once, and what stands for each value: pandas is slow, cell by cell.

    Two estimates of one value and different errors are not of the same rows.
    """
    parts: list[tuple[list[int], dict[Any, str]]] = []
    for row, cell in enumerate(column):
        if isinstance(cell, Estimate):
            fits = (part for part in parts if part[1].get(cell.value, str(cell)) == str(cell))
            part = next(fits, None) or ([], {})
            if not part[0]:
                parts.append(part)
            part[0].append(row)
            part[1][cell.value] = str(cell)
    return parts


def _usual(width: int) -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    calls, seconds, badge = presenting.pixels(54), presenting.pixels(66), presenting.pixels(44)
    return {
        # A header of its own, or a screen reader would have none to say.
        MARK: text("Color", width=badge, pinned=True, help="As in the figures."),
        "Schedule": text(width=width, pinned=True),
        CALLS: number("Calls", help="Points denoised to find the schedule.", format="compact", width=calls),
        SECONDS: number(help="Time that took on this machine.", format="%.3g", width=seconds),
        LEVELS: text(help="From the highest noise to the lowest.", width="large"),
    }
