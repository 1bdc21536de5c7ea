"""The runs of the Images page: begun, stopped and taken up, with what they are at and how long the rest takes."""

from concurrent.futures import Future
from functools import partial
from typing import Any

import streamlit as st

from ays_toy.bundled import BUNDLED, SMALLEST
from ays_toy.images import live
from ays_toy.images.config import Which, calls, described
from ays_toy.images.live import ImageState
from ays_toy.runs import cluster
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.ui import background, compute, controls, frame, terms
from ays_toy.ui.background import Watch
from ays_toy.ui.ending import Pool
from ays_toy.ui.images import image_state
from ays_toy.ui.images.image_state import EXTRA, SLOT, Shown
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.job_queue import APART
from ays_toy.ui.running import active, buttons, follow, reached, status, take_up
from ays_toy.ui.whole import whole

EXTRAS = ("p-optimum", "yours")  # what is measured when somebody asks for it
AT_ONCE = 4  # rows of pictures that the page is drawn anew for, while they come
LONG = 1800.0  # seconds that nobody waits for in a lecture
UNHURRIED = 8  # looks at an idle page, after which the browser has drawn it and the network may be loaded


_loads = Pool(APART, "load")


_networks: dict[Which, "Future[float]"] = {}  # of models that ship: the seconds that one image takes


def warm(view: ImagesView) -> None:
    """Load the network of a model that ships in the background: the page is drawn without it, and faster so."""
    if view.at_hand and view.which not in _networks:
        model = view.at_hand.guided(view.which.guidance)
        _networks[view.which] = compute.submit(live.seconds_per_image, model)


def warming(view: ImagesView) -> bool:
    """Whether the page waits for the time that the network takes."""
    return view.bundled and not (view.which in _networks and _networks[view.which].done())


def _seconds(view: ImagesView, count: float) -> float | None:
    """What so many images take; None where that is still being measured."""
    return None if warming(view) else count * _networks[view.which].result()


def _about(seconds: float | None) -> str:
    if seconds is None:
        return "how long that takes is being measured."
    return f"about {background.duration(seconds)} on {background.device_name()}."


def run_controls(view: ImagesView, known: Watch | None) -> None:
    """Start, stop and go on with the run, with what it is at and how long the rest takes."""
    key = "by_hand_run" if known is None else None  # there is nothing in it for paper
    box = st.container(horizontal=True, vertical_alignment="center", key=key)
    label = "Optimize live" if view.bundled else "Load, optimize and compare"
    begin = {"label": label, "icon": ":material/tune:", "key": "run images", "on_click": _start, "args": (view,)}
    buttons(box, SLOT, known, begin)
    if known is None:
        terms.caption(_estimate(view), place=box)
    else:
        status(box, known, _at(known), "Optimized and measured in")
        for words in getattr(reached(known), "said", ()):
            frame.remark(words)


def _at(known: Watch) -> str:
    state: ImageState | None = reached(known)
    return state.stage if state else "Starting"


def _estimate(view: ImagesView) -> str:
    count = calls(view.config)
    words = f"One pass, a search on held-out seeds, fresh samples of all: {count / 1e6:.2g} million images denoised"
    if not view.bundled:
        return words + ". The model is loaded first, and the time left shown then."
    seconds = _seconds(view, count)
    words += f", {_about(seconds)}"
    if seconds is None or seconds < LONG or view.which.name == SMALLEST:
        return words
    return f"{words} {BUNDLED[SMALLEST].title}, take minutes."


@whole
def _start(view: ImagesView) -> None:
    work = partial(live.run, view.config) if cluster.wanted() else partial(live.run, view.config, loads=_loads)
    background.start(SLOT, view.config, work, waits=_loading)


def _loading(state: ImageState | None) -> bool:
    return state is None or state.model is None


def dials(view: ImagesView, one: Shown, known: Watch | None, seen: tuple[Any, ...]) -> None:
    """The weight of the optimum and the way there from the chosen start; what they make can be measured too."""
    st.markdown("#### Past the paper: one pass prices every schedule")
    left, middle, right = st.columns([0.3, 0.3, 0.4], vertical_alignment="center", gap="medium")
    with left:
        controls.power()
    with middle:
        controls.share(view.base)
    take_up(EXTRA, *(_key(view, one, name) for name in EXTRAS if name in one.rows))
    extra = image_state.watch(view, EXTRA)
    with right:
        follow(partial(_measuring, view, one, known, extra), partial(stage, view), seen, active(extra))


def _measuring(view: ImagesView, one: Shown, known: Watch | None, extra: Watch | None) -> None:
    if "p-optimum" not in one.rows:
        st.caption("These dials give the KLUB optimum itself: lower p, or stop on the way, for another schedule.")
    for name in EXTRAS:
        if name in one.rows:
            _measured(view, one, name, known, extra)


def _measured(view: ImagesView, one: Shown, name: str, known: Watch | None, extra: Watch | None) -> None:
    """Measure one more schedule, or say that it is measured."""
    title = one.rows[name].title
    if one.rows[name].metrics:
        st.caption(f"**{title}** is measured: it is among the pictures, curves and rows.")
        return
    same = extra if extra and extra.job.key == _key(view, one, name) else None
    key = None if same else f"by_hand_{name}"
    box = st.container(horizontal=True, vertical_alignment="center", key=key)
    shown = [_key(view, one, other) for other in EXTRAS if other in one.rows]
    busy = active(known) or (extra is not None and extra.job.key in shown and active(extra))
    begin = {
        "label": f"Measure {title}",
        "icon": ":material/straighten:",
        "key": f"measure {name}",
        "type": "secondary",
        "on_click": _measure,
        "args": (view, one, name, known),
        "disabled": busy,
        "help": "Draws as many fresh samples of it as stand behind the other figures, from the same noise.",
    }
    buttons(box, EXTRA, same, begin)
    if same:
        status(box, same, _at(same), "Measured in")
    elif view.bundled:
        count = denoiser_calls(view.solver, one.rows[name].schedule.steps) * view.config.samples
        words = _about(_seconds(view, count))
        box.caption(words[0].upper() + words[1:])


def _key(view: ImagesView, one: Shown, name: str) -> tuple[Any, ...]:
    return view.config, name, one.rows[name].schedule.levels


@whole
def _measure(view: ImagesView, one: Shown, name: str, known: Watch | None) -> None:
    state: ImageState | None = reached(known)
    schedule, judge = one.rows[name].schedule, state.judge if state else None
    model = described(view.which, one.model) if cluster.wanted() else one.model
    work = partial(live.measure, view.config, model, one.gram, schedule, judge)
    background.start(EXTRA, _key(view, one, name), work)


def stage(view: ImagesView) -> tuple[Any, ...]:
    """What the page depends on."""
    rows_to_come = -(-image_state.drawing() // AT_ONCE)
    return warming(view), rows_to_come, *(_stage(image_state.watch(view, slot)) for slot in (SLOT, EXTRA))


def _stage(known: Watch | None) -> tuple[Any, ...]:
    state = reached(known)
    if known is None or state is None:
        return (known and known.job,)
    return known.job, known.progress.state, len(state.rows), len(state.pictures), state.finding is None
