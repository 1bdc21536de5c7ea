"""The pieces of the Images page: what is compared, its pictures and figures, and the run that measures it live."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ays_toy import figures
from ays_toy.figures import Bar, Curve, Priced
from ays_toy.images import compared, live, loading, results
from ays_toy.images.live import ImageConfig, ImageState, Which
from ays_toy.images.models import ImageModel
from ays_toy.images.scores import FIGURES
from ays_toy.metrics import Estimate
from ays_toy.palette import REFERENCE, STYLES
from ays_toy.paths import PathGram
from ays_toy.samplers import SOLVERS, denoiser_calls
from ays_toy.ui import background, codec, strips, tables
from ays_toy.ui.background import Watch
from ays_toy.ui.gallery import STILL
from ays_toy.ui.jobs import State, Stop
from ays_toy.ui.view import MAX_SEED
from ays_toy.words import significant

SLOT = "images"
MOST_PROMPTS, MOST_NAME = 300, 200  # characters that a link can hold
VIEWS = {"samples": "Samples", "difference": "Difference from 100 steps"}
LARGE = 32  # pixels from which pictures get the whole width of the page
RAIL = ("choice", "time-uniform", "time-quadratic", "exact")


def _name(text: str) -> str:
    if not text.strip() or len(text) > MOST_NAME or not text.isprintable():
        raise ValueError(f"The model must be “digits”, a folder or a hub name, of at most {MOST_NAME} characters.")
    return text


def _prompts(text: str) -> str:
    if len(text) > MOST_PROMPTS:
        raise ValueError(f"The prompts of a link may have {MOST_PROMPTS} characters, not {len(text)}: shorten them.")
    return text


@dataclass(frozen=True)
class ImagesView:
    """The Images page's state."""

    image_model: str = codec.param(loading.DIGITS, codec.checked(_name))
    prompts: str = codec.param("", _prompts)
    guidance: float = codec.param(0.0, codec.number("The guidance", 0.0, 50.0))  # 0: the pipeline's own
    solver: str = codec.param("stochastic-ddim", codec.choice(SOLVERS, "solver"))
    steps: int = codec.param(8, codec.whole("The number of steps", 2, live.MAX_STEPS))
    figure: str = codec.param("frechet", codec.choice(FIGURES, "figure of quality"))
    pictures: str = codec.param("samples", codec.choice(VIEWS, "view"))
    seed: int = codec.param(0, codec.whole("The noise's seed", 0, MAX_SEED))

    @property
    def which(self) -> Which:
        """The model that the controls name."""
        lines = tuple(line.strip() for line in self.prompts.splitlines() if line.strip())
        return Which(self.image_model.strip(), lines, self.guidance or None, None)

    @property
    def bundled(self) -> bool:
        """Whether the model is the one that ships with the project."""
        return self.image_model.strip() == loading.DIGITS

    @property
    def config(self) -> ImageConfig:
        """The run that the controls describe."""
        return ImageConfig(self.which, self.solver, self.steps, self.figure, seed=self.seed)


# --- controls ------------------------------------------------------------------------------------------------------


def controls() -> None:
    """The model, and what its samples are judged by."""
    keep: dict[str, Any] = {"persist_state": "session"}
    st.text_input(
        "Model",
        key="image_model",
        max_chars=MOST_NAME,
        help="“digits” ships with this project. Or the path of a folder in diffusers' format on this server, or a name "
        "on the Hugging Face hub such as google/ddpm-cifar10-32: safetensors only, and no code of its own.",
        **keep,
    )
    if st.session_state["image_model"].strip() != loading.DIGITS:
        st.text_area(
            "Prompts, one a line",
            key="prompts",
            max_chars=MOST_PROMPTS,
            help="For text-to-image models: row after row of pictures takes the next prompt.",
            **keep,
        )
        st.number_input(
            "Guidance",
            0.0,
            50.0,
            step=0.5,
            key="guidance",
            help="Scale of classifier-free guidance; 0 leaves it at the model's own.",
            **keep,
        )


def figure_control() -> None:
    """The figure of quality, among those that the model and the solver have."""
    digits = st.session_state["image_model"].strip() == loading.DIGITS
    stochastic = SOLVERS[st.session_state["solver"]].stochastic
    options = [
        name for name in FIGURES if not (name == "frechet" and not digits) and not (name == "distance" and stochastic)
    ]
    if st.session_state["figure"] not in options:
        st.session_state["figure"] = options[0]
    st.selectbox(
        "Judge pictures by",
        options,
        format_func=lambda name: FIGURES[name].title,
        key="figure",
        persist_state="session",
        help=" ".join(f"**{FIGURES[name].title}:** {FIGURES[name].about}" for name in options),
    )


# --- what there is -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _digits() -> ImageModel:
    return loading.load(loading.DIGITS)


@lru_cache(maxsize=64)
def _digits_pictures(solver: str, steps: int, seed: int, ours: tuple[float, ...]) -> dict[str, np.ndarray]:
    model = _digits()
    named = compared.named(model, results.gram(), steps, np.array(ours) if ours else None)
    return compared.grid_of_pictures(model, named, solver, seed)


@lru_cache(maxsize=1)
def _digits_pace() -> float:
    return live.seconds_per_image(_digits())


@dataclass(frozen=True, eq=False)
class Shown:
    """Everything that the page can show of one model at one number of steps."""

    model: ImageModel
    gram: PathGram | None
    named: Mapping[str, tuple[str, np.ndarray]]  # style -> title, levels
    pictures: Mapping[str, np.ndarray]
    figures: Mapping[str, Mapping[str, Estimate]]  # style -> figure -> estimate
    about: str  # where the figures come from


def watch(view: ImagesView) -> Watch | None:
    """This session's run, where it is the one that the controls describe."""
    known = background.current(SLOT)
    return known if known and known.job.key == view.config else None


def state_of(known: Watch | None) -> ImageState | None:
    """What the run has reached."""
    return known.progress.snapshot if known else None


def shown(view: ImagesView, known: Watch | None) -> Shown | None:
    """What a run has found, or what ships with the digits; None for a model that has not been loaded."""
    state = state_of(known)
    if state and state.model and state.pictures:
        ours = state.finding.sigmas if state.finding else None
        measured = {row.style: row.figures for row in state.rows}
        about = f"measured here on {view.config.samples:,} samples of each schedule, on seeds that no search has used"
        named = compared.named(state.model, state.gram, view.steps, ours)
        if measured or not view.bundled:
            return Shown(state.model, state.gram, named, state.pictures, measured, about)
    if not view.bundled:
        return None
    bundled = results.digits().at(view.solver, view.steps)
    ours = bundled.sigmas.get("choice") if bundled else None
    named = compared.named(_digits(), results.gram(), view.steps, ours)
    pictures = _digits_pictures(view.solver, view.steps, view.seed, tuple(ours) if ours is not None else ())
    about = f"measured beforehand on {results.digits().samples:,} samples of each, on seeds that no search has used"
    return Shown(_digits(), results.gram(), named, pictures, bundled.figures if bundled else {}, about)


# --- the run -------------------------------------------------------------------------------------------------------


def running(known: Watch | None) -> bool:
    """Whether there is more to come by itself."""
    return known is not None and known.progress.state in (State.QUEUED, State.RUNNING)


def run_controls(view: ImagesView, known: Watch | None) -> None:
    """Start, stop and go on, with what the run is at and how long the rest takes."""
    box = st.container(horizontal=True, vertical_alignment="center")
    progress = known.progress if known else None
    if running(known):
        box.button("Stop", icon=":material/stop:", key="stop images", on_click=background.pause, args=(SLOT,))
    elif progress and progress.state is State.STOPPED:
        box.button(
            "Go on",
            icon=":material/play_arrow:",
            key="resume images",
            type="primary",
            on_click=background.resume,
            args=(SLOT,),
        )
    elif not progress or progress.state is State.FAILED:
        label = "Optimize live" if view.bundled else "Load, optimize and compare"
        box.button(label, icon=":material/tune:", key="run images", type="primary", on_click=_start, args=(view,))
    _words(box, view, known)


def _words(box: Any, view: ImagesView, known: Watch | None) -> None:
    if known is None:
        box.caption(_estimate(view))
        return
    if words := background.waiting(known):
        (box.error if known.progress.state is State.FAILED else box.caption)(words)
        return
    state, progress = state_of(known), known.progress
    spent = background.duration(progress.seconds)
    if progress.state is State.DONE:
        box.caption(f"Optimized and measured in {spent} on {background.device_name()}.")
    elif progress.state is State.STOPPED:
        box.caption(f"Stopped after {spent}. What was reached is kept: **Go on** takes it up.")
    else:
        left = progress.seconds_left
        ahead = "" if left is None else f", {background.duration(left)} left"
        box.progress(progress.share or 0.0, text=f"{state.stage if state else 'Starting'}{ahead}")


def _estimate(view: ImagesView) -> str:
    calls = live.calls(view.config)
    words = f"One pass, a search on held-out seeds, fresh samples of all: {calls / 1e3:,.0f}k images denoised"
    if not view.bundled:
        return words + ". The model is loaded first, and the time left shown then."
    return words + f", about {background.duration(calls * _digits_pace())} on {background.device_name()}."


def _start(view: ImagesView) -> None:
    config = view.config

    def work(stop: Stop) -> Iterator[tuple[float, ImageState]]:
        for state in live.run(config, stop):
            yield state.share, state

    background.start(SLOT, config, work)


def stage(known: Watch | None) -> tuple[Any, ...]:
    """What the page depends on."""
    state = state_of(known)
    if known is None or state is None:
        return (known and known.job,)
    return known.job, known.progress.state, len(state.rows), len(state.pictures), state.finding is None


def follow(view: ImagesView, seen: tuple[Any, ...]) -> None:
    """Run the whole page again where there is more to show than it has drawn."""
    if stage(watch(view)) != seen:
        st.rerun()


# --- what is drawn -------------------------------------------------------------------------------------------------


def heading(view: ImagesView) -> str:
    """The page's claim."""
    calls = denoiser_calls(view.solver, view.steps)
    return f"Real images: the same noise, the same {calls} denoiser calls, {view.steps} steps placed differently"


def rows(view: ImagesView, one: Shown) -> None:
    """Pictures of every schedule, one row each, from the same noise."""
    reference = one.pictures.get("reference")
    difference = view.pictures == "difference" and reference is not None
    drawn = []
    if reference is not None:
        drawn.append(strips.Strip("100 steps", REFERENCE, ["the reference"], reference, "Pictures by 100 steps"))
    for name, (title, _) in one.named.items():
        if name not in one.pictures:
            continue
        pictures = one.pictures[name]
        if difference and reference is not None:
            pictures = compared.differences(pictures, reference)
        figure = one.figures.get(name, {}).get(view.figure)
        note = f"{_short(view.figure)} {significant(figure.value, figure.stderr)}" if figure else ""
        alt = f"{title}: {len(pictures)} pictures{', their difference from 100 steps' if difference else ''}. {note}"
        drawn.append(strips.Strip(title, STYLES[name].color, [note] if note else [], pictures, alt))
    strips.draw(drawn)


def _short(name: str) -> str:
    return {"frechet": "Fréchet", "frechet-pixels": "Fréchet, pixels", "distance": "distance"}[name]


def rows_caption(view: ImagesView, one: Shown) -> str:
    """What to look for in the pictures."""
    look = "**Look for** strokes that break, smear or fill in" if view.bundled else "**Look for** missing detail, blur"
    words = f"{look}: columns share their noise, rows differ in the schedule alone; lower figures are better"
    words += f", {one.about}." if one.figures else "."
    if not compared.has_reference(view.solver):
        words += f" {SOLVERS[view.solver].title} adds noise at every step: there is no one picture to differ from."
    return words


def curves(view: ImagesView, one: Shown, known: Watch | None) -> go.Figure:
    """Quality over the number of steps: what ships with the digits, and all that this session has measured."""
    found: dict[str, dict[int, Estimate]] = {}
    if view.bundled and not (known and one.about.startswith("measured here")):
        for steps in results.digits().steps:
            entry = results.digits().at(view.solver, steps)
            for name, measured in (entry.figures if entry else {}).items():
                if view.figure in measured:
                    found.setdefault(name, {})[steps] = measured[view.figure]
    for (which, solver, steps), measured_rows in measured_here().items():
        if (which, solver) == (view.which, view.solver) and not found.get("time-uniform", {}).get(steps):
            for name, measured in measured_rows.items():
                if view.figure in measured:
                    found.setdefault(name, {})[steps] = measured[view.figure]
    order = [name for name in compared.ORDER if name in found]
    titles = {name: one.named[name][0] if name in one.named else STYLES[name].title for name in order}
    data = [Curve(name, titles[name], found[name]) for name in order]
    return figures.quality_over_steps(data, view.steps, FIGURES[view.figure].title)


def measured_here() -> dict[tuple[Which, str, int], Mapping[str, Mapping[str, Estimate]]]:
    """What this session has measured: (model, solver, steps) -> style -> figure -> estimate."""
    kept: dict[tuple[Which, str, int], Mapping[str, Mapping[str, Estimate]]]
    kept = st.session_state.setdefault("measured images", {})
    return kept


def remember(view: ImagesView, one: Shown, known: Watch | None) -> None:
    """Keep what a run has measured, for the curves over the number of steps."""
    if known and known.progress.state is State.DONE and one.figures:
        measured_here()[view.which, view.solver, view.steps] = one.figures


def _bars(one: Shown) -> go.Figure:
    assert one.gram is not None
    prices = {name: one.gram.price(sigmas) for name, (_, sigmas) in one.named.items()}
    return figures.klub_bars([Bar(name, one.named[name][0], Estimate(p.value, p.stderr)) for name, p in prices.items()])


def verdict(view: ImagesView, one: Shown) -> str:
    """What the figures say: ours against the best baseline, and the KLUB optimum against time-uniform."""
    known = {name: measured[view.figure] for name, measured in one.figures.items() if view.figure in measured}
    baselines = [name for name in known if name not in ("choice", "exact", "ays")]
    if "choice" not in known or not baselines:
        return ""
    best, ours = min(baselines, key=lambda name: known[name].value), known["choice"]
    words = f"**{_against(ours, known[best], 'The automatic choice', one.named[best][0])}.**"
    if "exact" in known and "time-uniform" in known:
        klub = _against(known["exact"], known["time-uniform"], "The unstopped KLUB optimum", "time-uniform")
        words += f" {klub}: on real models least KLUB alone is not the best picture."
    return words


def _against(ours: Estimate, theirs: Estimate, name: str, other: str) -> str:
    figures_ = f"{significant(ours.value, ours.stderr)} against {significant(theirs.value, theirs.stderr)}"
    if abs(ours.value - theirs.value) <= 2 * float(np.hypot(ours.stderr, theirs.stderr)):
        return f"{name} and {other} agree within two standard errors ({figures_})"
    return f"{name} {'beats' if ours.value < theirs.value else 'loses to'} {other} ({figures_})"


def table(one: Shown) -> None:
    """KLUB and all figures of every schedule."""
    cells, colors = [], []
    wanted = [name for name in FIGURES if any(name in measured for measured in one.figures.values())]
    for name, (title, sigmas) in one.named.items():
        row: dict[str, Any] = {tables.MARK: tables.MARK, "Schedule": title}
        price = one.gram.price(sigmas) if one.gram else None
        row |= {"KLUB": price and price.value, "± KLUB": price and price.stderr}
        for figure in wanted:
            estimate = one.figures.get(name, {}).get(figure)
            row |= {
                FIGURES[figure].title: estimate and estimate.value,
                f"± {FIGURES[figure].title}": estimate and estimate.stderr,
            }
        row["Levels"] = "  ".join(f"{sigma:.3g}" for sigma in sigmas)
        cells.append(row)
        colors.append(f"color: {STYLES[name].color}")
    number = st.column_config.NumberColumn
    config: dict[str, Any] = {tables.MARK: st.column_config.TextColumn("", width=28)}
    config["KLUB"] = number(format="%.4g", width=80, help="Of Stochastic-DDIM, in nats.")
    config |= {
        FIGURES[name].title: number(_short(name).capitalize(), format="%.4g", width=108, help=FIGURES[name].about)
        for name in wanted
    }
    config |= {title: number("±", format="%.1g", width=56) for title in cells[0] if title.startswith("± ")}
    config["Levels"] = st.column_config.TextColumn(help="From the highest noise to the lowest.", width="large")
    st.dataframe(
        pd.DataFrame(cells).style.apply(lambda _: colors, subset=[tables.MARK]),
        hide_index=True,
        row_height=tables.ROW_HEIGHT,
        height=tables.ROW_HEIGHT * (len(cells) + 1) + 3,
        column_config=config,
        key="images table",
        alt="KLUB and quality of every schedule on images, with standard errors.",
    )


def large(one: Shown) -> bool:
    """Whether the pictures need the page's whole width."""
    return any(pictures.shape[1] > LARGE for pictures in one.pictures.values())


def view_control(view: ImagesView) -> None:
    """Pictures, or how they differ from what many steps make of the same noise."""
    st.segmented_control(
        "Show",
        list(VIEWS),
        format_func=lambda name: VIEWS[name],
        key="pictures",
        required=True,
        disabled=not compared.has_reference(view.solver),
        label_visibility="collapsed",
        persist_state="session",
    )


def quality(view: ImagesView, one: Shown, known: Watch | None) -> None:
    """Quality over the number of steps, and KLUB of every schedule."""
    st.plotly_chart(
        curves(view, one, known),
        key="quality",
        config=STILL,
        alt=f"{FIGURES[view.figure].title} of every schedule over the number of steps, with error bars.",
    )
    st.caption(
        f"**Look for** the lowest curve at few steps: {FIGURES[view.figure].title}, lower is better, with one "
        "standard error. The dotted line is the chosen number of steps."
    )
    if one.gram is not None:
        st.plotly_chart(_bars(one), key="image klub", config=STILL, alt="KLUB of every schedule on a log scale.")
        st.caption("**Look for** where KLUB and the figure above disagree: the bound is not the picture.")


def levels(one: Shown) -> None:
    """The rail over KLUB as area."""
    if one.gram is None:
        return
    priced = [
        Priced(name, sigmas, one.gram.price(sigmas), one.gram.outline(sigmas), title)
        for name, (title, sigmas) in one.named.items()
        if name in RAIL
    ]
    prices = ", ".join(f"{schedule.title} {schedule.klub.value:.3g} nats" for schedule in priced)
    st.plotly_chart(
        figures.rail_and_area(priced, one.gram.grid),
        key="image rail",
        config=STILL,
        alt=f"Noise levels of each schedule, and KLUB as area: {prices}.",
    )
    st.caption(
        "**Look for** where steps lie close together. **Top:** each mark is a noise level of the schedule. **Below:** "
        "one patch per step, its area the nats that the step adds to KLUB."
    )
