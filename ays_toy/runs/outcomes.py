"""What samples of one schedule come to: their metrics, and their density as pictures show it."""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.estimates import Estimate
from ays_toy.metrics import DEFAULT, Reference, evaluate
from ays_toy.runs import comparison, pictures
from ays_toy.runs.comparison import Model
from ays_toy.sampling.schedules import Schedule

BINS = 128


@dataclass(frozen=True)
class Sampling:
    """All that decides what samples come out, `n` of them; without levels they are fresh data."""

    model: Model
    solver: str
    seed: int
    levels: tuple[float, ...]
    n: int | None = None  # as many as `Model.samples`
    pictured: bool = True  # whether their picture is wanted, too

    @classmethod
    def of(cls, model: Model, solver: str, seed: int, one: Schedule, n: int | None = None) -> "Sampling":
        """Of a schedule, or of `FRESH_DATA`."""
        return cls(model, solver if one.levels else "", seed, one.levels, n)


class Truth(NamedTuple):
    """The data's own density as pictures show it: shades [BINS, BINS] of one byte, and the bin mass drawn in full."""

    shades: np.ndarray
    top: float


@lru_cache(16)
def truth(model: Model) -> Truth:
    """What all pictures of samples of the model are held against, on one scale."""
    exact = pictures.true_image(model, model.dataset.half_width, BINS)
    top = pictures.brightest(exact)
    return Truth(pictures.shades(exact, top), top)


def reference(model: Model) -> Reference:
    """What the model's samples are held against: made once, however many threads ask for it."""
    with _making:
        return _reference(model)


_making = threading.Lock()
_reference = lru_cache(8)(Model.reference)


def samples(asked: Sampling) -> torch.Tensor:
    """The samples themselves [n, 2]."""
    if not asked.levels:
        return asked.model.fresh_data(asked.n, seeds.FRESH_DATA + asked.seed)
    return comparison.draw_samples(asked.model, np.array(asked.levels), asked.solver, asked.seed, asked.n)


def measure(asked: Sampling, metrics: Collection[str] = DEFAULT) -> tuple[dict[str, Estimate], np.ndarray | None]:
    """The metrics of the samples, and the shades [BINS, BINS] of their picture where it is wanted."""
    drawn, model = samples(asked), asked.model
    found = evaluate(drawn, reference(model), metrics) if metrics else {}
    if not asked.pictured:
        return found, None
    masses = pictures.density_image(drawn, model.dataset.half_width, BINS)
    return found, pictures.shades(masses, truth(model).top)
