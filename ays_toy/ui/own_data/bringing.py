"""Three ways to bring in data of one's own: draw them, bring an image, or bring numbers."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ays_toy.data import ink, own_image
from ays_toy.sampling.schedules import SCHEDULES
from ays_toy.ui import codec, frame
from ays_toy.ui.components.draw import PadData, pad
from ays_toy.ui.controls import draws, pick
from ays_toy.ui.own_data import brought, previewing
from ays_toy.ui.view import ModelView

WAYS = {"draw": "Draw", "image": "Image", "csv": "CSV"}
MAX_UPLOAD = 2  # MiB


@dataclass(frozen=True)
class DataView(ModelView):
    """The page's state."""

    way: str = codec.param("draw", codec.choice(WAYS, "way to bring in data"))


@draws("data")
def link() -> None:
    """From another page to this one."""
    if st.button("Use your own points", icon=":material/draw:", key="use own points", width="stretch"):
        st.switch_page("pages/data.py")


def ways(view: ModelView) -> None:
    """Draw, bring an image, or bring numbers."""
    way = pick("How to bring in data", "way", WAYS, st.segmented_control, required=True, label_visibility="collapsed")
    if way == "draw":
        _pad(view)
    elif way == "image":
        _uploader("image", "PNG or JPEG: where it is dark, there are data", ["png", "jpg", "jpeg"])
        st.segmented_control(
            "Ink",
            list(own_image.INKS),
            format_func=own_image.INKS.__getitem__,
            key="image ink",
            default="auto",
            required=True,
            on_change=brought.take,
            args=("image",),
            help="Found by the border: it is the paper, and ink is what stands out from it, dark or bright.",
        )
    else:
        _uploader("csv", "CSV of two columns or more, 10 to 20,000 rows", ["csv", "txt", "tsv"])
        _columns()
    if way != "csv":
        st.select_slider(
            "Points",
            sorted({*ink.COUNTS, brought.own_data().drawing.count}),
            format_func=lambda n: f"{n:,}",
            key="many",
            on_change=brought.recount,
            help="The exact denoiser looks at every point for every sample: twice the points take twice the time, on "
            "every page. Here 2,000 take about a second and 20,000 about ten. A network that you train takes the same "
            "time for any number.",
        )


def _pad(view: ModelView) -> None:
    own = brought.own_data()
    strokes = len(own.drawing.strokes)
    words = f"{own.drawing.count:,} points from {strokes} {'stroke' if strokes == 1 else 'strokes'}."
    levels = tuple(SCHEDULES["edm"](view.steps, view.sigma_min, view.sigma_max).tolist())
    live = previewing.live(view, own.drawing.count)
    with st.container(key="pad_box"):  # which has the pad's height before the pad
        pad(PadData(own.drawing, brought.version(), own.troubles.get("draw", words), live, levels), key=brought.PAD)


def _uploader(way: str, label: str, kinds: list[str]) -> None:
    st.file_uploader(
        label, type=kinds, key=f"{way} file", max_upload_size=MAX_UPLOAD, on_change=brought.take, args=(way,)
    )
    if trouble := brought.own_data().troubles.get(way):
        frame.refuse(trouble)


def _columns() -> None:
    """Which columns of the last text file are used, where there is anything to choose; the desk holds the choice."""
    file = brought.own_data().file
    if file is None or not file.table.asks:
        return
    table, chosen = file.table, file.columns
    st.caption(f"**{frame.literal(file.name)}:** {frame.literal(table.about)}")
    if table.width > 2:
        names = {brought.NO_WEIGHTS: "None", **dict(enumerate(table.names(chosen.header)))}
        numeric, none = table.numeric(chosen.header), brought.NO_WEIGHTS
        x, y = st.columns(2)
        _column(x, "x", chosen.x, numeric, names)
        _column(y, "y", chosen.y, numeric, names)
        words = (
            "A point comes as often as its weight says: whole weights exactly, others rounded to 5,000 points in all. "
            "A column that is not chosen is left out."
        )
        _column(st, "weights", none if chosen.weights is None else chosen.weights, [none, *numeric], names, words)
    if table.asks_header:
        st.session_state["csv header"] = chosen.header
        first = brought.plain(", ".join(table.rows[0][1]))
        st.checkbox(
            f"The first row ({first}) is a heading, not a point", key="csv header", on_change=brought.choose_columns
        )


def _column(
    place: Any, what: str, chosen: int, options: list[int], names: dict[int, str], words: str | None = None
) -> None:
    key = f"csv {what}"
    st.session_state[key] = chosen
    place.selectbox(
        what.capitalize() if len(what) > 1 else what,
        sorted({*options, chosen}),
        format_func=names.__getitem__,
        key=key,
        on_change=brought.choose_columns,
        help=words,
    )
