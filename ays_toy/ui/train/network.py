"""The pieces of the Train page: the run as it goes, its curves and pictures, the model's field and calibration."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
import torch

from ays_toy import figures, seeds
from ays_toy.models import catalog
from ays_toy.models.networks import NetworkConfig
from ays_toy.models.training import ExcessLoss, TrainingConfig
from ays_toy.palette import MODEL, REFERENCE
from ays_toy.pricing.calibration import Calibration
from ays_toy.runs import live_training, pictures, verdicts
from ays_toy.runs.comparison import Model
from ays_toy.runs.fields import FieldData, field_frames
from ays_toy.runs.live_training import LessonConfig, LessonState, Picture
from ays_toy.ui import background, codec, compute, downloads, frame, gallery, keeper, presenting, running, tables, terms
from ays_toy.ui.background import Watch
from ays_toy.ui.controls import pick, visible
from ays_toy.ui.jobs import State
from ays_toy.ui.kept import kept
from ays_toy.ui.running import buttons, reached, status
from ays_toy.ui.whole import whole

SLOT = "training"
SHOWN_PICTURES = 5
POLL = 1.0  # seconds; drawing the page more often takes the time from training, where they share a processor
FIELD_LOOK = "**Look for** arrows that differ between the two; the bar scrubs through the noise levels."
WIDTHS, BATCHES, RATES = (16, 32, 64, 128, 256), (64, 128, 256, 512, 1024, 2048), (3e-4, 1e-3, 2e-3, 5e-3, 1e-2)
LENGTHS = (200, 500, 1000, 2000, 4000, 8000, 16_000)


@dataclass(frozen=True)
class TrainView:
    """The Train page's state."""

    data: str = codec.param("grid-8x8", codec.checked(catalog.dataset))
    model: str = codec.param("exact", codec.checked(catalog.check_kind))
    origin: str = codec.param("scratch", codec.choice(live_training.ORIGINS, "start of training"))
    width: int = codec.param(128, codec.one_of(WIDTHS, "The network's width"))
    depth: int = codec.param(3, codec.whole("The network's depth", 1, 6))
    length: int = codec.param(4000, codec.one_of(LENGTHS, "The number of training steps"))
    batch: int = codec.param(512, codec.one_of(BATCHES, "The batch size"))
    rate: float = codec.param(2e-3, codec.one_of(RATES, "The learning rate"))
    training_seed: int = codec.param(0, codec.whole("The training's seed", 0, seeds.PAGES[-1]))

    @property
    def lesson(self) -> LessonConfig:
        """The run that the controls describe."""
        training = TrainingConfig(
            NetworkConfig(self.width, self.depth),
            steps=self.length,
            batch=self.batch,
            learning_rate=self.rate,
            seed=self.training_seed,
        )
        version = catalog.version(self.data, "exact")
        return LessonConfig(self.data, training, self.origin, version, background.device())


def network_controls() -> None:
    """The widgets of one training run."""
    keep: dict[str, Any] = {"persist_state": "session"}
    pick("Start from", "origin", live_training.ORIGINS)
    left, right = st.columns(2)
    pick("Width", "width", {n: f"{n}" for n in WIDTHS}, left.selectbox, help="Neurons in each hidden layer.")
    if visible("depth"):
        right.number_input("Layers", 1, 6, key="depth", help="Hidden layers.", **keep)
    pick("Training steps", "length", {n: f"{n:,}" for n in LENGTHS}, left.selectbox)
    pick("Batch", "batch", {n: f"{n:,}" for n in BATCHES}, right.selectbox, help="Points a step.")
    pick("Learning rate", "rate", {rate: f"{rate:g}" for rate in RATES}, left.selectbox)
    if visible("training_seed"):
        right.number_input("Seed", 0, seeds.PAGES[-1], key="training_seed", **keep)


def take_up(view: TrainView) -> None:
    """Find the run again that was left with these settings, as after a reload."""
    with suppress(ValueError):  # of settings that make no run; pressing the button says why
        running.take_up(SLOT, view.lesson)


def run_controls(view: TrainView, watch: Watch | None) -> None:
    """Train, stop and go on, with how far it is."""
    box = st.container(horizontal=True, vertical_alignment="center")
    stopped = watch is not None and watch.progress.state is State.STOPPED
    begin = {
        "label": "Train anew" if stopped else "Train",
        "icon": ":material/model_training:",
        "key": "train",
        "on_click": _start,
        "args": (view,),
    }
    buttons(box, SLOT, watch, begin, anew=True)
    if complaint := st.session_state.pop("complaint training", None):
        frame.refuse(complaint, box)
    elif watch:
        at = _at(watch)
        status(box, watch, at, f"{at}, done after")
    else:
        box.caption(f"Trains on {background.device_name()}, {view.length:,} steps of {view.batch:,} points.")


@whole
def _start(view: TrainView) -> None:
    try:
        config = view.lesson
    except ValueError as error:
        st.session_state["complaint training"] = str(error)
        return
    before = background.current(SLOT)
    work = partial(live_training.lesson, config, submit=compute.look)
    background.start(SLOT, config, work, anew=before is not None, aside=True)


def _at(watch: Watch) -> str:
    config = watch.job.key
    assert isinstance(config, LessonConfig)
    total = config.training.steps
    done = round((watch.progress.share or 0.0) * total)
    return f"{catalog.dataset(config.data).title}: step {done:,} of {total:,}"


@dataclass(frozen=True, eq=False)
class Shown:
    """The model that the page shows, whether it is learning now or was kept."""

    data: str
    what: str
    pictures: tuple[Picture, ...]
    field: FieldData
    calibration: Calibration | None
    excess: float
    curves: pd.DataFrame | None = None  # columns step, loss, excess; of a run


def shown(view: TrainView, watch: Watch | None) -> Shown | None:
    """The session's own run where it is on the chosen data, or else the chosen trained model; None without any."""
    state: LessonState | None = reached(watch)
    if watch and state and watch.job.key.data == view.data:  # type: ignore[attr-defined]
        curves = pd.DataFrame({"step": state.steps, "loss": state.losses, "excess": state.excesses}).iloc[1:]
        return Shown(view.data, "Your run", state.pictures, state.field, state.calibration, state.excesses[-1], curves)
    kinds = [kind for kind in catalog.models(view.data, view.model, keeper=keeper.this_keeper()) if kind != "exact"]
    if not kinds:
        return None
    kind = view.model if view.model in kinds else kinds[0]
    return _kept(view.data, kind, catalog.version(view.data, kind))


@kept(32)
def _kept(data: str, kind: str, version: int) -> Shown:  # noqa: ARG001 (a key of the cache)
    denoiser, dataset = catalog.denoiser(data, kind), catalog.dataset(data)
    picture = Picture(-1, live_training.image(dataset, denoiser))
    excess = ExcessLoss(dataset, torch.Generator().manual_seed(seeds.EXCESS))(denoiser)
    measured = live_training.calibrate(dataset, denoiser)
    field = field_frames(dataset, denoiser, dataset.denoiser(), live_training.FIELD_SIGMAS)
    return Shown(data, catalog.models(data, kind)[kind], (picture,), field, measured, excess)


def finding(one: Shown | None) -> str:
    """What the network that is shown has learned, in one sentence."""
    if one is None:
        return "No network has learned these data yet."
    steps = [] if one.curves is None else one.curves["step"].tolist()
    title = f"{one.what}, after step {steps[-1]:,}," if steps else one.what
    return verdicts.learned(title, one.excess, one.calibration)


def room_for_pictures(one: Shown | None) -> int:
    """How many pictures the film has room for: a run has a row, for those to come; what was trained before, two."""
    return 2 if one is None or one.curves is None else 1 + SHOWN_PICTURES


def film(one: Shown | None, view: TrainView) -> go.Figure:
    """The data beside samples of the model at steps spread over its training, the latest last."""
    taken = one.pictures if one else ()
    every = np.linspace(0, len(taken) - 1, min(SHOWN_PICTURES, len(taken))).round().astype(int)
    version, seen = catalog.version(view.data, "exact"), tuple(taken[k] for k in every)
    what, room = one.what if one else "", room_for_pictures(one)
    return _film(view.data, version, seen, what, room, presenting.type_scale())


@kept(32)
def _film(data: str, version: int, seen: tuple[Picture, ...], what: str, room: int, type_scale: float) -> go.Figure:
    """Made once of the same pictures: a run that is followed asks for it every second, and has new ones seldom."""
    truth = _truth(data, version)
    top, note = pictures.brightest(truth), f"{live_training.SAMPLES:,} samples"
    entries = [figures.Panel("The data", REFERENCE, ["exact density"], pictures.shades(truth, top))]
    for picture in seen:
        title = what if picture.step < 0 else f"Step {picture.step:,}"
        entries.append(figures.Panel(title, MODEL, [note], pictures.shades(picture.image, top)))
    half_width = catalog.dataset(data).half_width
    return figures.density_panels(entries, half_width, room, type_scale).finished()


_calibration = kept(32)(figures.calibration_figure)  # asked for as often as the film


@kept(32)
def _truth(data: str, version: int) -> np.ndarray:
    model = Model(data, version=version)
    return pictures.true_image(model, model.dataset.half_width, live_training.BINS)


def film_alt(one: Shown | None, view: TrainView) -> str:
    """The film in words."""
    title = catalog.dataset(view.data).title
    steps = [f"step {picture.step:,}" for picture in one.pictures if picture.step >= 0] if one else []
    return f"Densities on {title}: the data beside samples of {one.what if one else 'no model yet'} {', '.join(steps)}."


def curves(one: Shown | None) -> None:
    """Excess over the least possible error, and the training loss, over the steps."""
    if one is None or one.curves is None:
        st.markdown("Press **Train** to watch a network of your own learn.")
        return
    steps, losses, excesses = (one.curves[name].tolist() for name in ("step", "loss", "excess"))
    drawn = figures.training_curves(steps, excesses, losses)
    end = f"{excesses[-1]:.2%} and {losses[-1]:.3g} in the end" if steps else "none yet"
    words = f"Excess error and training loss over the steps, {end}."
    gallery.figure(drawn, "curves", "Training", words)
    table = {"Step": steps, "Excess error": excesses, "Training loss": losses}
    downloads.table("Table of the training", partial(tables.written, table))
    terms.caption("**Excess error:** denoising error above the least possible, averaged over all noise levels.")


def calibration(one: Shown | None) -> None:
    """Whether the model's outputs at two noise levels fit together as those of a posterior mean do."""
    if one is None or one.calibration is None:
        return
    st.markdown("#### Is it calibrated?")
    gallery.figure(_calibration(one.calibration), "calibration", "Calibration", _words(one))
    terms.caption(
        "E‖D(x, σ) − D(x′, 2σ)‖² less the drop in error from 2σ to σ, as a share of the error: **zero** at every noise "
        "level where the model is a true posterior mean, which is what KLUB's picture as an area rests on."
    )


def _words(one: Shown) -> str:
    assert one.calibration is not None
    worst = int(np.abs(one.calibration.gap).argmax())
    gap, sigma = one.calibration.gap[worst], one.calibration.sigma[worst]
    return f"Calibration gap over noise levels, largest {gap:.1%} at noise level {sigma:.3g}."
