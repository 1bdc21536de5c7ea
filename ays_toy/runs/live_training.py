"""Training as it is watched: the curves, pictures of samples as they get better, and in the end the calibration.

A generator of frozen states; where it is asked to stop it can be iterated again and goes on as if it had never stopped.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.checks import SIGMA_MAX, SIGMA_MIN, lookup
from ays_toy.data.datasets import Dataset
from ays_toy.data.denoisers import Denoiser
from ays_toy.data.memory import CarriesData
from ays_toy.models import catalog, checkpoints
from ays_toy.models.networks import NetworkConfig
from ays_toy.models.training import Snapshot, TrainingConfig, Weights, denoiser_from, train
from ays_toy.pricing.calibration import Calibration, calibration
from ays_toy.pricing.paths import PathGram
from ays_toy.runs.fields import FieldData, field_frames
from ays_toy.runs.pictures import density_image
from ays_toy.sampling.samplers import draw_samples
from ays_toy.sampling.schedules import logsnr

ORIGINS = {"scratch": "From scratch", "pretrained": "The shipped weights"}
SAMPLES, BINS, SAMPLE_STEPS = 8192, 64, 16
FIELD_SIGMAS = tuple(float(sigma) for sigma in np.geomspace(5.0, 0.02, 17))
PATHS, LEVELS = 2048, 96
CURVE = 50  # steps between points of the curves
CURVE_RATIO = 1.1  # which later on are taken at steps that grow by this ratio
FIRST_PICTURE, PICTURE_RATIO = 25, 1.6  # the same of pictures


@dataclass(frozen=True)
class LessonConfig(CarriesData):
    """Everything that decides how a training run goes; `version` changes when the data's own file does."""

    data: str
    training: TrainingConfig
    origin: str = "scratch"
    version: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        catalog.dataset(self.data)
        lookup(ORIGINS, self.origin, "start of training")
        if self.origin == "pretrained" and (
            "mlp" not in catalog.models(self.data) or self.training.network != NetworkConfig()
        ):
            raise ValueError(
                "The shipped weights fit the preset data and a network of width 128 and depth 3: choose those, or "
                "train from scratch."
            )


@dataclass(frozen=True, eq=False)
class Picture:
    """Samples of the network at one step of its training, as bin masses [bins, bins]."""

    step: int
    image: np.ndarray


@dataclass(frozen=True, eq=False)
class Look:
    """What was seen of the network at one step: mean loss, excess over the Bayes error, and at times how it draws."""

    step: int
    loss: float
    excess: float
    drawn: tuple[Picture, FieldData] | None = None


@dataclass(frozen=True, eq=False)
class LessonState:
    """Training so far: the curves (steps, mean losses, excess over the Bayes error), pictures, the weights now."""

    share: float  # of all steps
    steps: tuple[int, ...]
    losses: tuple[float, ...]
    excesses: tuple[float, ...]
    pictures: tuple[Picture, ...]
    field: FieldData  # as it was when the last picture was taken
    weights: Weights
    calibration: Calibration | None = None  # where training has ended or been stopped


Submit = Callable[..., "Future[Look]"]  # of a function and its arguments


def at_once(work: Callable[..., Look], *arguments: Any) -> "Future[Look]":
    """Do the work here and now."""
    future: Future[Look] = Future()
    future.set_result(work(*arguments))
    return future


def lesson(
    config: LessonConfig, stop: Callable[[], bool] = lambda: False, submit: Submit = at_once
) -> Iterator[LessonState]:
    """Train, and yield what is known of it at the start and every 50 steps; `stop` is asked before every step.

    What takes time is `submit`ted, so that training need not wait for it: a state tells of the looks that have been
    taken, in their order. The first state, and those where training has ended or was stopped, tell of all.
    """
    dataset, training = catalog.dataset(config.data), config.training
    start = checkpoints.pretrained(config.data).state_dict() if config.origin == "pretrained" else None
    looks: list[Future[Look]] = []
    measured, drawn = Due(CURVE, CURVE_RATIO), Due(FIRST_PICTURE, PICTURE_RATIO)
    for snapshot in train(dataset, training, device=config.device, every=CURVE, stop=stop, start=start):
        ended = snapshot.step == snapshot.steps or stop()
        regular = snapshot.step % CURVE == 0  # a stop adds a look and delays none
        draw, due = regular and drawn.now(snapshot.step), regular and measured.now(snapshot.step)
        if draw or due or ended:
            looks.append(submit(look, dataset, snapshot, draw or ended, config.device))
        taken = [one.result() for one in (looks if ended else _first_done(looks))]
        steps, losses, excesses = zip(*((one.step, one.loss, one.excess) for one in taken), strict=True)
        shown = [one.drawn for one in taken if one.drawn]
        yield LessonState(
            snapshot.step / snapshot.steps,
            steps,
            losses,
            excesses,
            tuple(picture for picture, _ in shown),
            field=shown[-1][1],
            weights={name: value.cpu() for name, value in snapshot.weights.items()},
            calibration=calibrate(dataset, snapshot.denoiser, config.device) if ended else None,
        )


def _first_done(looks: list["Future[Look]"]) -> list["Future[Look]"]:
    return looks[:1] + list(takewhile(Future.done, looks[1:]))


@dataclass
class Due:
    """Steps that grow by a ratio, the first after 0 being `first`: what is dear is done at these only."""

    first: int
    ratio: float
    next: float = 0.0

    def now(self, step: int) -> bool:
        """Whether it is time."""
        if step < self.next:
            return False
        self.next = max(self.first, step * self.ratio)
        return True


def look(dataset: Dataset, snapshot: Snapshot, draw: bool, device: str) -> Look:
    """Measure what the network has learned, and draw it where wanted."""
    learned = Look(snapshot.step, snapshot.loss, snapshot.excess)
    if not draw:
        return learned
    local = denoiser_from(snapshot.weights, snapshot.network)
    picture = Picture(snapshot.step, image(dataset, snapshot.denoiser, device))
    return replace(learned, drawn=(picture, field_frames(dataset, local, dataset.denoiser(), FIELD_SIGMAS)))


def image(dataset: Dataset, denoiser: Denoiser, device: str = "cpu") -> np.ndarray:
    """Bin masses [64, 64] of samples: 16 steps of SDE-DPM-Solver++(2M), even in log sigma, the same noise always."""
    levels = logsnr(SAMPLE_STEPS, SIGMA_MIN, SIGMA_MAX)
    samples = draw_samples(denoiser, levels, "sde-dpmpp-2m", seeds.PAGES[0], SAMPLES, device)
    return density_image(samples, dataset.half_width, BINS)


def calibrate(dataset: Dataset, denoiser: Denoiser, device: str = "cpu") -> Calibration:
    """The calibration of a denoiser on its data, over 2048 paths."""
    generator = torch.Generator(device).manual_seed(seeds.CALIBRATION)
    x0 = dataset.sample(PATHS, generator)
    return calibration(PathGram.collect(denoiser, x0, logsnr(LEVELS - 1, SIGMA_MIN, SIGMA_MAX), generator=generator))
