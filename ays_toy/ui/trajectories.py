"""The pieces of the Trajectories page: what is followed, the panels in which it flows, and the errors under them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from ays_toy import figures, names
from ays_toy.checks import lookup
from ays_toy.estimates import Estimate
from ays_toy.runs import apart, comparison
from ays_toy.runs.comparison import PARTICLES, Model
from ays_toy.sampling.trajectories import FEWEST, PATIENT, Curve, Trajectories
from ays_toy.ui import codec, coming, films, findings, following, gallery, record, terms
from ays_toy.ui.components import FlowTable, LiveFlow, flow_player, last_follow, last_place
from ays_toy.ui.components.follow import WEIGHTED
from ays_toy.ui.controls import draws, enough, pick
from ays_toy.ui.kept import kept
from ays_toy.ui.lessons import course
from ays_toy.ui.view import ComparedView
from ays_toy.ui.whole import whole
from ays_toy.words import listed, numbers

PLAYER = "flow"
MOVED = ("follow", "place")  # fields that the player moves
ALIGNMENTS = {"step": "By step", "noise": "By noise level"}


def _flag(text: str) -> bool:
    return lookup({"True": True, "False": False}, text, "answer")


@dataclass(frozen=True)
class TrajectoriesView(ComparedView):
    """The Trajectories page's state."""

    align: str = codec.param("step", codec.choice(ALIGNMENTS, "alignment"))
    follow: int = codec.param(1, codec.whole("The path to follow", 0, PARTICLES))
    targets: bool = codec.param(False, _flag)
    place: float | None = codec.param(
        None, codec.number("The share of the way", 0.0, 1.0)
    )  # None: played from the start


# --- controls ------------------------------------------------------------------------------------------------------


def alignment() -> None:
    """What the panels have in common while they play."""
    about = "By step: all panels are equally many steps on their way. By noise level: all are at the same σ."
    pick("Align the panels", "align", ALIGNMENTS, st.segmented_control, required=True, help=about)


@draws("targets")
def aims() -> None:
    """Whether the denoiser's targets are drawn."""
    st.toggle(
        "Show the denoiser's targets",
        key="targets",
        persist_state="session",
        help="On the path that is followed: a thin line from each of its states x to D(x, σ), the clean data that the "
        f"denoiser sees behind it there.\n\n{terms.about('denoiser')}",
    )


# --- what is followed ----------------------------------------------------------------------------------------------


@kept(12)
def _flow(model: Model, solver: str, named: tuple[tuple[str, tuple[float, ...]], ...], seed: int) -> Trajectories:
    return apart.do(comparison.follow, model, solver, named, seed)


@kept(12)
def _table(flow: Trajectories, model: Model, targets: bool, power: float) -> FlowTable:
    return FlowTable.of(flow, model.dataset, targets, power)


def found(view: TrajectoriesView) -> tuple[TrajectoriesView, list[str]]:
    """The page of those schedules that are found, and the names of those still searched for.

    A sentence where too few are chosen; where too few are found after a moment the page waits for them without panels.
    In a lesson, which asks about all, all are waited for.
    """
    enough(len(view.names))
    under_way = {name: findings.of(view, name) for name in view.names}
    if course.at_step() or sum(one.done() for one in under_way.values()) < FEWEST:
        with st.spinner("Searching for schedules …", show_time=True):
            coming.after_a_moment(under_way.values())
    waiting = [name for name, future in under_way.items() if not future.done()]
    for name in under_way.keys() - set(waiting):
        findings.result(under_way[name])  # or the sentence with which it failed
    if len(view.names) - len(waiting) < FEWEST:
        st.info(waiting_words(view, waiting), icon=":material/search:")
        coming.follow([under_way[name] for name in waiting], besides=partial(findings.any_found, view, waiting))
        st.stop()
    optimum = names.optimum(view.power)
    shown = (name for name in view.shown if (optimum if name == WEIGHTED else name) not in waiting)
    return replace(view, shown=tuple(shown)), waiting


def flow(view: TrajectoriesView) -> Trajectories:
    """The trajectories of every schedule shown, all of which are found, and their reference."""
    with st.spinner("Following the particles …", show_time=True):
        named = tuple((name, findings.result(findings.of(view, name)).levels) for name in view.names)
        return _flow(view.chosen_model, view.solver, named, view.seed)


@whole
def _took() -> None:
    """Take over the path that was chosen in the browser."""
    path = last_follow(PLAYER)
    if path is not None and path <= PARTICLES and record.movable("follow"):
        st.session_state["follow"] = path


@whole
def _rested() -> None:
    """Take over the place at which the panels were brought to rest."""
    if (place := last_place(PLAYER)) is not None and record.movable("place"):
        st.session_state["place"] = place


def panels(view: TrajectoriesView, followed: Trajectories) -> None:
    """The particles under each schedule, played in the browser."""
    table = _table(followed, view.chosen_model, view.targets, view.power)
    path = _path(view, followed)
    flow_player(
        table,
        PLAYER,
        view.align,
        path,
        view.place,
        view.targets,
        _live(view, followed.particles),
        following.sliders(view),
        [name for name in MOVED if not record.movable(name)],
        on_follow=_took,
        on_place=_rested,
    )
    films.flow(view, followed, view.align, path)


def _live(view: TrajectoriesView, particles: int) -> LiveFlow | None:
    """The paths as they follow *Steps* and *Power*; None where a browser is too slow for the model."""
    model = view.chosen_model
    if (sampled := gallery.sampled(model)) is None:
        return None
    led = following.led_to(view)
    return LiveFlow.of(sampled, view.solver, view.seed, particles, (model.sigma_max, model.sigma_min), led)


def _path(view: TrajectoriesView, followed: Trajectories) -> int:
    return view.follow if view.follow <= followed.particles else 0


# --- words and figures ---------------------------------------------------------------------------------------------


def look_for(view: TrajectoriesView) -> str:
    """What the panels show, in the alignment chosen."""
    if view.align == "noise":
        seen = "at one σ, some clouds have long been refined by many small steps while others cross it in one long step"
    else:
        seen = "after equally many steps, some schedules are still far out in the noise (large σ) while others refine"
    return (
        f"**Look for** how {seen}; and for particles off the grey, which is where perfect samples would be at that σ. "
        "Places are divided by the spread of the noisy data, √(σ² + ½²), so that the cloud stays in sight: its real "
        "width is the *frame* above each panel."
    )


def waiting_words(view: TrajectoriesView, waiting: Sequence[str]) -> str:
    """What is still to come."""
    titles = listed([f"**{names.title(name, view.power)}**" for name in waiting])
    return f"{titles} {'is' if len(waiting) == 1 else 'are'} still being searched for, and will follow here."


def path_words(view: TrajectoriesView, followed: Trajectories) -> str:
    """How far from the reference the followed path ends, in each panel."""
    path = _path(view, followed)
    if not path:
        if not record.movable("follow"):
            return "No path is followed."
        return "Follow a path to see how far each schedule leads it from where many small steps would."
    ends = followed.end_distances(path)
    parts = [f"{distance:.3g} under **{names.title(name, view.power)}**" for name, distance in ends.items()]
    return f"Path {path} ends this far from the reference: {', '.join(parts)}; the data's own spread is 0.5."


def finding(view: TrajectoriesView, followed: Trajectories) -> str:
    """Which schedule ends closest to the reference, over all particles."""
    ends = {
        names.title(name, view.power): Estimate(float(curve.rms[-1]), float(curve.stderr[-1]))
        for name, curve in followed.distance.items()
    }
    first, *rest = sorted(ends, key=lambda title: ends[title].value)
    level = [title for title in rest if not ends[title].differs(ends[first])]
    others = ", ".join(f"{ends[title]} of {title}" for title in rest)
    words = f"**{first}** ends closest to the reference, {ends[first]} against {others}"
    return f"{words}; chance alone may have put it before {' and '.join(level)}." if level else f"{words}."


def local_errors(view: TrajectoriesView, followed: Trajectories) -> go.Figure:
    """The figure of the steps' own errors."""
    return figures.local_errors(followed, view.power)


def distances(view: TrajectoriesView, followed: Trajectories) -> go.Figure:
    """The figure of what they come to."""
    return figures.distances(followed, view.power)


def alt(view: TrajectoriesView, followed: Trajectories, what: str) -> str:
    """Either figure in words: its value at the last level, or the largest step's."""
    if what == "local":
        worst = {name: int(curve.rms.argmax()) for name, curve in followed.local.items()}
        parts = [
            f"{names.title(name, view.power)} at most {followed.local[name].rms[k]:.3g}, in step {k + 1}"
            for name, k in worst.items()
        ]
        return f"Error of every step alone, by noise level: {'; '.join(parts)}."
    parts = [f"{names.title(name, view.power)} {curve.rms[-1]:.3g}" for name, curve in followed.distance.items()]
    return f"Distance from the reference by noise level; in the end: {'; '.join(parts)}."


def in_numbers(view: TrajectoriesView, followed: Trajectories) -> list[str]:
    """The panels and both figures in numbers, a line for each schedule."""
    path = _path(view, followed)
    lines = []
    for name, walk in followed.paths.items():
        words = (
            f"**{names.title(name, view.power)}**, σ = {numbers(walk.sigmas)}; error of each step alone "
            f"{_along(followed.local[name])}; distance from the reference {_along(followed.distance[name])}"
        )
        if path:
            places = ", ".join(f"({x:.3g}, {y:.3g})" for x, y in walk.states[:, path - 1])
            words += f"; path {path} goes through {places}"
        lines.append(f"{words}.")
    return lines


def _along(curve: Curve) -> str:
    return ", ".join(str(Estimate(float(a), float(b))) for a, b in zip(curve.rms, curve.stderr, strict=True))


def reference_words(followed: Trajectories) -> str:
    """What the reference is."""
    stochastic, steps = followed.solver.stochastic, followed.reference.sigmas.size - 1
    noise = "along the same Brownian path, which every schedule's noise is taken from"
    of = f"{steps} steps of {PATIENT[stochastic].title}"
    return f"{of} {noise}" if stochastic else f"{of} from the same noise"
