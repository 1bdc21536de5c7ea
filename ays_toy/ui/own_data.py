"""The session's own data: what is drawn or brought, shown with samples of it, kept, and chosen for the other pages.

What is shown is a name of the catalog. The pad's drawing and an upload become the chosen data of every page at once.
"""

import re
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import streamlit as st
import torch

from ays_toy import catalog, drawing, ink, optimize, own_image, own_points, schedules
from ays_toy.comparison import Model
from ays_toy.drawing import Drawing
from ays_toy.palette import STYLES
from ays_toy.paths import PathGram
from ays_toy.store import PointStore, Saved
from ays_toy.ui import compute, controls, gallery, keep
from ays_toy.ui.components.draw import PadData, last_drawing, pad
from ays_toy.ui.view import ModelView

PAD = "pad"  # the component's key
WAYS = {"draw": "Draw", "image": "Image", "csv": "CSV"}
MAX_UPLOAD, MAX_TITLE = 2, 30  # MiB; characters of a file's name
POWER, PATHS, LEVELS, SAMPLES = 2.0, 512, 64, 4096  # of the quick answer beside the pad
SAMPLE_PAIRS, LEAST_SAMPLES = 20_000 * 1024, 1024  # samples times points, kept below what takes seconds
PATIENCE = 0.3  # seconds after which the pictures are shown without the samples that are still being drawn


@dataclass
class Desk:
    """What this session has drawn or brought; `changes` counts the drawings that the pad has not made itself."""

    drawing: Drawing = field(default_factory=drawing.smiley)
    shown: str = ""  # the name of the data that the page shows
    changes: int = 0
    seen: Any = None  # the pad's last drawing that was looked at
    troubles: dict[str, str] = field(default_factory=dict)  # by way, one sentence each


def desk() -> Desk:
    """This session's."""
    if "own desk" not in st.session_state:
        one = Desk()
        one.shown = catalog.draw(one.drawing)
        st.session_state["own desk"] = one
    return st.session_state["own desk"]


def link() -> None:
    """From another page to this one."""
    if st.button("Use your own points", icon=":material/draw:", key="own data", width="stretch"):
        st.switch_page("pages/data.py")


# --- what happened ---------------------------------------------------------------------------------------------------


def settle() -> list[str]:
    """Take in what the pad, a link or another page did -> sentences on what is gone; before the widgets are drawn."""
    one, chosen, gone = desk(), st.session_state["data"], []
    st.session_state.setdefault("way", "draw")
    if catalog.is_own(chosen) and chosen != one.shown:
        one.shown = chosen
        if chosen.startswith(catalog.DRAWN):
            one.drawing = drawing.decode(chosen.removeprefix(catalog.DRAWN))
            one.changes += 1
            st.session_state["way"] = "draw"
    said = last_drawing(PAD)
    if said is not None and said != one.seen:
        one.seen = said
        if said[1] == _version():  # and not of a drawing that has been replaced since
            _take_strokes(said[0])
    try:
        catalog.dataset(one.shown)
    except ValueError as error:
        gone.append(str(error))
        _show_drawing()
    st.session_state["many"] = one.drawing.count
    return gone


def _version() -> str:
    return str(desk().changes)


def _take_strokes(strokes: Any) -> None:
    one = desk()
    try:
        one.drawing = Drawing.from_json(strokes, one.drawing.count)
    except ValueError as error:
        one.troubles["draw"] = str(error)
        one.changes += 1  # so that the pad shows what stands
        return
    _draw()


def _draw() -> None:
    one = desk()
    one.troubles.pop("draw", None)
    try:
        _choose(catalog.draw(one.drawing))
    except ValueError as error:
        one.troubles["draw"] = str(error)


def _choose(name: str) -> None:
    """Make data of one's own those of every page."""
    desk().shown = st.session_state["data"] = name
    st.session_state["model"] = "exact"
    if catalog.is_unlisted(name):
        st.session_state[controls.LATEST] = name


def _show_drawing() -> None:
    """Fall back to what lies on the pad, or would if it were not empty."""
    one = desk()
    try:
        one.shown = catalog.draw(one.drawing)
    except ValueError:
        one.drawing, one.changes = drawing.smiley(), one.changes + 1
        one.shown = catalog.draw(one.drawing)
    st.session_state["data"] = one.shown


def _recount() -> None:
    one = desk()
    one.drawing = replace(one.drawing, count=st.session_state["many"])
    if st.session_state["way"] == "image":
        _take("image")
    else:
        _draw()


def _take(way: str) -> None:
    """Take in an uploaded file, where there is one."""
    one, file = desk(), st.session_state.get(f"{way} file")
    one.troubles.pop(way, None)
    if file is None:
        return
    read: dict[str, Callable[[bytes], Any]] = {"image": _image_points, "csv": own_points.read_csv}
    name = re.sub(r"[^\w .-]", "", file.name)[:MAX_TITLE].strip() or "file"
    try:
        _choose(catalog.hold(read[way](file.getvalue()), f"{name} (your points)"))
    except ValueError as error:
        one.troubles[way] = str(error)


def _image_points(data: bytes) -> Any:
    found = own_image.read_image(data, st.session_state["image ink"])
    return ink.points(found, desk().drawing.count, torch.Generator().manual_seed(drawing.SEED))


# --- three ways in ---------------------------------------------------------------------------------------------------


def ways() -> None:
    """Draw, bring an image, or bring numbers."""
    way = st.segmented_control(
        "How to bring in data",
        list(WAYS),
        format_func=WAYS.__getitem__,
        key="way",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    if way == "draw":
        _pad()
    elif way == "image":
        _uploader("image", "PNG or JPEG: where it is dark, there are data", ["png", "jpg", "jpeg"])
        st.segmented_control(
            "Ink",
            list(own_image.INKS),
            format_func=own_image.INKS.__getitem__,
            key="image ink",
            default="auto",
            required=True,
            on_change=_take,
            args=("image",),
            help="Found by the border: on bright paper what is dark, on a dark ground what is bright.",
        )
    else:
        _uploader("csv", "CSV of two columns, 10 to 20,000 rows", ["csv", "txt", "tsv"])
    if way != "csv":
        st.segmented_control(
            "Points",
            sorted({*ink.COUNTS, desk().drawing.count}),
            format_func=lambda n: f"{n:,}",
            key="many",
            required=True,
            on_change=_recount,
            help="The exact denoiser looks at every point for every sample: twice the points take twice the time, on "
            "every page. A network that you train takes the same time for any number.",
        )


def _pad() -> None:
    one = desk()
    strokes = len(one.drawing.strokes)
    words = f"{one.drawing.count:,} points from {strokes} {'stroke' if strokes == 1 else 'strokes'}."
    pad(PadData(one.drawing, _version(), one.troubles.get("draw", words)), key=PAD)


def _uploader(way: str, label: str, kinds: list[str]) -> None:
    st.file_uploader(label, type=kinds, key=f"{way} file", max_upload_size=MAX_UPLOAD, on_change=_take, args=(way,))
    if trouble := desk().troubles.get(way):
        st.error(trouble, icon=":material/error:")


# --- samples at once -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _gram(model: Model) -> PathGram:
    return model.collect(PATHS, LEVELS)


def _samples(model: Model) -> int:
    return max(LEAST_SAMPLES, min(SAMPLES, SAMPLE_PAIRS // len(model.dataset.mixture.means)))


def _optimized(model: Model, solver: str, seed: int, steps: int) -> compute.Outcome:
    sigmas = optimize.optimum(_gram(model), steps, POWER)
    return compute.outcome(compute.Draw.of(model, solver, seed, sigmas, _samples(model)))


def preview(view: ModelView) -> None:
    """The data beside samples of their exact denoiser under two schedules."""
    model = Model.current(desk().shown, "exact", view.sigma_min, view.sigma_max)
    levels = schedules.edm(view.steps, view.sigma_min, view.sigma_max)
    compute.stop(st.session_state.get("outcomes", {}))
    outcomes = dict(compute.start({"edm": compute.Draw.of(model, view.solver, view.seed, levels, _samples(model))}))
    outcomes["exact"] = compute.submit(_optimized, model, view.solver, view.seed, view.steps)
    st.session_state["outcomes"] = outcomes
    place = st.container(key="panels_box3").empty()
    if wait(outcomes.values(), PATIENCE).not_done:
        _pictures(place, model, dict.fromkeys(outcomes), "waiting")
    _pictures(place, model, outcomes, "panels")
    st.caption(
        f"**Look for** samples that fall on your points and nowhere else: the exact denoiser knows nothing but "
        f"these {_size(model):,}. {_samples(model):,} samples each, {view.steps} steps, the same noise."
    )


def _size(model: Model) -> int:
    return len(model.dataset.mixture.means)


def _pictures(place: Any, model: Model, outcomes: Any, key: str) -> None:
    shown = [
        gallery.Samples(title, STYLES[name].color, outcomes[name], ("drawing samples …", ""))
        for name, title in (("edm", STYLES["edm"].title), ("exact", f"Optimized, p = {POWER:g}"))
    ]
    place.plotly_chart(
        gallery.row(model, shown), key=key, height="stretch", config=gallery.STILL, alt=gallery.alt(model, shown)
    )


# --- from here -------------------------------------------------------------------------------------------------------


def onward() -> None:
    """Use the data on the other pages, keep them under a name, or take them along in a link."""
    one = desk()
    title = catalog.dataset(one.shown).title
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(f":gray-badge[{title}]")
    _pages(row, one.shown, "shown", "secondary")
    if not one.shown.startswith(catalog.OWN):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        row.text_input("Keep these points as", key="points_name", placeholder="a name of your choice", max_chars=40)
        row.button("Keep", icon=":material/save:", key="keep points", on_click=_keep)
    keep.complaint("points")
    st.caption(_travels(one.shown))


def _travels(name: str) -> str:
    if name.startswith(catalog.DRAWN):
        if st.session_state["data"] != name:
            return (
                "An example lies on the pad: draw on it, or clear it. The address of the page then holds your drawing."
            )
        return "The address of this page holds your drawing: whoever opens it, on any page, has these points."
    if name.startswith(catalog.OWN):
        return "Kept on this server by name. Points from files do not travel in a link; drawings do."
    if catalog.dataset(name).title == catalog.DRAWN_TITLE:
        return "This drawing is too detailed to travel in a link: keep it under a name, or draw it in fewer strokes."
    return "Points from files do not travel in a link: keep them under a name, or they are gone when the server ends."


def _keep() -> None:
    one, name = desk(), st.session_state["points_name"].strip()
    try:
        PointStore().save(name, catalog.dataset(one.shown).mixture.means, title=catalog.dataset(one.shown).title)
    except ValueError as error:
        st.session_state["complaint points"] = str(error)
    else:
        _choose(f"{catalog.OWN}{name}")


def _pages(row: Any, name: str, key: str, look: Literal["secondary", "tertiary"]) -> None:
    for page, label, icon in (
        ("explore", "Explore", "visibility"),
        ("train", "Train", "model_training"),
        ("optimize", "Optimize", "tune"),
    ):
        go = row.button(
            label, icon=f":material/{icon}:", key=f"{page} {key}", on_click=_choose, args=(name,), type=look
        )
        if go:
            st.switch_page(f"pages/{page}.py")


def saved() -> None:
    """The points that are kept, with ways to use and to delete them."""
    kept = PointStore().list()
    if not kept:
        return
    st.markdown("#### Kept")
    with st.container(height=min(220, 60 * len(kept) + 10), border=False):
        for one in kept:
            _saved(one)


def _saved(one: Saved) -> None:
    row, name = st.container(horizontal=True, vertical_alignment="center"), f"{catalog.OWN}{one.name}"
    when = datetime.fromtimestamp(one.written_ns / 1e9).astimezone().strftime("%Y-%m-%d %H:%M")
    row.markdown(f"**{one.name}** · {one.about.get('points', 0):,} points · {one.size / 1000:,.0f} kB · {when}")
    row.button("Show", icon=":material/image:", key=f"show {name}", on_click=_choose, args=(name,), type="tertiary")
    _pages(row, name, name, "tertiary")
    row.button(
        "",
        icon=":material/delete:",
        key=f"delete points {one.name}",
        help=f"Delete the points “{one.name}”",
        on_click=_delete,
        args=(one.name,),
    )


def _delete(name: str) -> None:
    PointStore().delete(name)
    if desk().shown == f"{catalog.OWN}{name}":
        _show_drawing()
