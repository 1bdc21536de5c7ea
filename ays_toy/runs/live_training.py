"""Training as it is watched: the curves, pictures of samples as they get better, and in the end the calibration.

A generator of frozen states; where it is asked to stop it can be iterated again and goes on as if it had never stopped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.checks import SIGMA_MAX, SIGMA_MIN, lookup
from ays_toy.data.datasets import Dataset
from ays_toy.data.denoisers import Denoiser
from ays_toy.models import catalog, checkpoints
from ays_toy.models.networks import NetworkConfig
from ays_toy.models.training import TrainingConfig, Weights, denoiser_from, train
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
FIRST_PICTURE, PICTURE_RATIO = 25, 1.6  # pictures are taken at steps that grow by this ratio


@dataclass(frozen=True)
class LessonConfig:
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


def lesson(config: LessonConfig, stop: Callable[[], bool] = lambda: False) -> Iterator[LessonState]:
    """Train, and yield the state at the start and every 50 steps; `stop` is asked before every step."""
    dataset, training = catalog.dataset(config.data), config.training
    start = checkpoints.pretrained(config.data).state_dict() if config.origin == "pretrained" else None
    curves: list[tuple[int, float, float]] = []
    pictures: list[Picture] = []
    due, exact = 0.0, dataset.denoiser()
    snapshots = train(dataset, training, device=config.device, every=CURVE, weights=True, stop=stop, start=start)
    for snapshot in snapshots:
        assert snapshot.weights is not None
        denoiser = denoiser_from(snapshot.weights, training.network, config.device)
        weights = {name: value.cpu() for name, value in snapshot.weights.items()}
        step, ended = snapshot.step, snapshot.step == snapshot.steps or stop()
        curves.append((step, snapshot.loss, snapshot.excess))
        if step >= due or ended:
            pictures.append(Picture(step, image(dataset, denoiser, config.device)))
            shown = field_frames(dataset, denoiser_from(weights, training.network), exact, FIELD_SIGMAS)
        if step >= due:  # a stop adds a picture and delays none
            due = max(FIRST_PICTURE, step * PICTURE_RATIO)
        steps, losses, excesses = zip(*curves, strict=True)
        checked = calibrate(dataset, denoiser, config.device) if ended else None
        share = step / snapshot.steps
        yield LessonState(share, steps, losses, excesses, tuple(pictures), shown, weights, checked)


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
