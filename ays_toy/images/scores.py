"""What makes one schedule of an image model better than another: the figures that can be asked for, by name."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from ays_toy.checks import lookup
from ays_toy.images import classifier, digits
from ays_toy.images.models import ImageModel
from ays_toy.images.quality import FrechetTo, distance_to, pixels
from ays_toy.images.sampling import draw, many_steps
from ays_toy.metrics import Estimate
from ays_toy.solvers import find

REFERENCE_SEED, REFERENCE_SAMPLES = 900_001, 2048  # of a model's own samples, where there are no data


@dataclass(frozen=True)
class Figure:
    """A figure of quality, lower being better: its title, what it is, and what it asks of model and solver."""

    name: str
    title: str
    about: str


FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "frechet",
            "Fréchet distance",
            "Between Gaussians with the mean and covariance of the samples' and the training images' features, in a "
            "small classifier of the digits, as FID is: for the digits alone.",
        ),
        Figure(
            "frechet-pixels",
            "Fréchet distance in pixels",
            "The same between the images themselves, averaged to 8×8: to the training images for the digits, else to "
            "the model's own many-step samples.",
        ),
        Figure(
            "distance",
            "Distance to many steps",
            "Root mean squared difference, per number, to what 100 steps make of the same noise: for solvers of the "
            "ODE, whose output the noise decides.",
        ),
    )
}


def default_figure(model: str, solver: str) -> str:
    """The figure that a search for the model of that name goes by unless another is asked for."""
    if model == "digits":
        return "frechet"
    return "frechet-pixels" if find(solver).stochastic else "distance"


def check_figure(model: str, solver: str, name: str) -> Figure:
    """The figure; ValueError for an unknown one and one that the model of that name or the solver does not have."""
    figure = lookup(FIGURES, name, "figure of quality")
    if name == "frechet" and model != "digits":
        raise ValueError("The figure frechet needs a classifier, which only the digits have: use frechet-pixels.")
    if name == "distance" and find(solver).stochastic:
        raise ValueError(f"{find(solver).title} adds noise of its own: use a Fréchet distance, not distance.")
    return figure


def fitting(model: str, solver: str) -> list[str]:
    """The figures that the model of that name and the solver have."""
    found = []
    for name in FIGURES:
        try:
            check_figure(model, solver, name)
        except ValueError:
            continue
        found.append(name)
    return found


@dataclass(eq=False)
class Judge:
    """Measures schedules of one model; what they are held against is made once and kept."""

    model: ImageModel
    _kept: dict[tuple[int, int], torch.Tensor] = field(default_factory=dict)
    _frechet: dict[str, FrechetTo] = field(default_factory=dict)

    def score(self, solver: str, name: str) -> Callable[[np.ndarray, int, int], Estimate]:
        """A score of (levels, samples, seed) for a search, by one figure."""
        check_figure(self.model.name, solver, name)

        def score(sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
            return self.measure(draw(self.model, sigmas, solver, seed, samples), name, seed)

        return score

    def measure(self, images: torch.Tensor, name: str, seed: int) -> Estimate:
        """One figure of images x0 [N, C, H, W] that were drawn with that seed."""
        if name == "distance":
            return distance_to(images, self._many(seed, len(images)))
        if name not in self._frechet:
            own = digits.data("train")[0] if self.model.name == "digits" else None
            reference = self._many(REFERENCE_SEED, REFERENCE_SAMPLES) if own is None else own
            self._frechet[name] = FrechetTo.images(reference, classifier.features if name == "frechet" else pixels)
        return self._frechet[name](images)

    def _many(self, seed: int, n: int) -> torch.Tensor:
        key = (seed, n)
        if key not in self._kept:
            self._kept[key] = many_steps(self.model, seed, n)
        return self._kept[key]
