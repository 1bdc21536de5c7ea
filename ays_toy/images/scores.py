"""What makes one schedule of an image model better than another: the figures that can be asked for, by name."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.checks import lookup
from ays_toy.images import classifier
from ays_toy.images.neighbors import Neighborhoods
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.quality import EnergyTo, FrechetTo, distance_to, pixels
from ays_toy.images.sampling import draw_samples, many_steps, told
from ays_toy.metrics import Estimate, Figure
from ays_toy.sampling.solvers import find

IN_FEATURES = ("frechet", "energy-features")  # of a classifier
REFERENCE_SAMPLES = 2048  # of a model's own samples, where there are no data
Made = TypeVar("Made")


FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "frechet",
            "Fréchet distance",
            "",
            "Between Gaussians with the mean and covariance of the samples' and the training images' features, in a "
            "small classifier of digits, as FID is: for the bundled models alone.",
        ),
        Figure(
            "energy-features",
            "Energy distance in features",
            "",
            "2E|X−Y| − E|X−X′| − E|Y−Y′| between the same features: unbiased, so zero on average for images like those "
            "of the training, however few samples there are, where a Fréchet distance is above its limit.",
        ),
        Figure(
            "frechet-pixels",
            "Fréchet distance in pixels",
            "",
            "The same between the images themselves, averaged to 8×8: to the clean images that come with a model, else "
            "to its own many-step samples.",
        ),
        Figure(
            "distance",
            "Distance to many steps",
            "",
            "Root mean squared difference, per number, to what 100 steps make of the same noise: for solvers of the "
            "ODE, whose output the noise decides.",
        ),
    )
}
# What is said beside those figures and no search goes by: they need a classifier, the last one a model that is told.
REPORTED: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "precision",
            "Precision",
            "fraction",
            "Share of the samples whose features are as near to a training image's as its third nearest neighbor: low "
            "where pictures are no digits.",
            higher_is_better=True,
        ),
        Figure(
            "recall",
            "Recall",
            "fraction",
            "Share of the training images whose features are as near to a sample's as its third nearest neighbor: low "
            "where kinds of digits are never drawn.",
            higher_is_better=True,
        ),
        Figure(
            "as-told",
            "Read as told",
            "fraction",
            "Share of the samples in which the classifier reads the digit that the model was told to draw.",
            higher_is_better=True,
        ),
    )
}


def default_figure(model: str, solver: str) -> str:
    """The figure that a search for the model of that name goes by unless another is asked for."""
    if model in classifier.DESIGNS:
        return "frechet"
    return "frechet-pixels" if find(solver).stochastic else "distance"


def check_figure(model: str, solver: str, name: str) -> Figure:
    """The figure; ValueError for an unknown one and one that the model of that name or the solver does not have."""
    figure = lookup(FIGURES, name, "figure of quality")
    if name in IN_FEATURES and model not in classifier.DESIGNS:
        raise ValueError(
            f"The figure {name} needs a classifier, which only the bundled models have: use frechet-pixels."
        )
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


def reported(model: ImageModel) -> list[str]:
    """The figures that are said of that model beside those of a search."""
    return [name for name in REPORTED if model.name in classifier.DESIGNS and (name != "as-told" or model.labels)]


@dataclass(eq=False)
class Judge:
    """Measures schedules of one model, none twice from the same seeds; what they are held against is made once too."""

    model: ImageModel
    known: dict[Hashable, Any] = field(default_factory=dict)

    def by(self, model: ImageModel) -> "Judge":
        """The same judge and memory, its model denoising by another's denoiser that gives the same."""
        return replace(self, model=model)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` gives, from memory where the key is known."""
        if key not in self.known:
            self.known[key] = make()
        made: Made = self.known[key]
        return made

    def score(self, solver: str, name: str) -> Callable[[np.ndarray, int, int], Estimate]:
        """A score of (levels, samples, seed) for a search, by one figure."""
        check_figure(self.model.name, solver, name)

        def score(sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
            return self.figures(sigmas, solver, seed, samples, [name])[name]

        return score

    def figures(
        self, sigmas: np.ndarray, solver: str, seed: int, samples: int, names: Sequence[str]
    ) -> dict[str, Estimate]:
        """Those figures of so many samples from that seed."""

        def measured() -> dict[str, Estimate]:
            images = draw_samples(self.model, sigmas, solver, seed, samples)
            return {name: self.measure(images, name, seed) for name in names}

        return self.once((solver, seed, samples, tuple(sigmas.tolist()), tuple(names)), measured)

    def measure(self, images: torch.Tensor, name: str, seed: int) -> Estimate:
        """One figure of images x0 [N, C, H, W] that were drawn with that seed."""
        if name == "distance":
            return distance_to(images, self.many(seed, len(images)))
        if name == "as-told":
            return classifier.read_rightly(self.model.name, images, told(self.model, len(images)))
        if name in REPORTED:
            near = self.neighborhoods()
            return (near.precision if name == "precision" else near.recall)(self.features(images))
        return self.against(name)(images)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Images [N, C, H, W] as points [N, d] in the features of the model's classifier."""
        return classifier.features(images, self.model.name)

    def neighborhoods(self) -> Neighborhoods:
        """The features of the images that come with the model, for precision and recall."""
        return self.once("neighborhoods", lambda: Neighborhoods.of(self.features(self._reference())))

    def against(self, name: str) -> FrechetTo | EnergyTo:
        """The distance of that name to the images that come with the model, or to its own in many steps."""
        return self.once(("held against", name), lambda: self._against(name))

    def _against(self, name: str) -> FrechetTo | EnergyTo:
        kind = EnergyTo if name == "energy-features" else FrechetTo
        return kind.images(self._reference(), self.features if name in IN_FEATURES else pixels)

    def _reference(self) -> torch.Tensor:
        """The images that come with the model, or its own in many steps."""
        own = self.model.data
        return self.many(seeds.IMAGE_REFERENCE, REFERENCE_SAMPLES) if own is None else own()

    def many(self, seed: int, n: int) -> torch.Tensor:
        """What many steps make of n starts from that seed."""
        return self.once(("many steps", seed, n), lambda: many_steps(self.model, seed, n))
