"""Schedules of an image model side by side, on equal terms: which ones, and what their pictures look like."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeVar

import numpy as np
import torch

from ays_toy import names, optimize
from ays_toy.images import published
from ays_toy.images.baselines import family
from ays_toy.images.partial import beside
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import draw_samples, many_steps
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import find

ABOVE = (
    "choice",
    "ays",
    "published",
    "pipeline",
    "klub-optimum",
    "p-optimum",
    "yours",
    "time-uniform",
    "time-quadratic",
)
ORDER = tuple(dict.fromkeys((*ABOVE, *names.BASELINES)))
SHOWN = 10  # pictures of every schedule


def optimum(gram: PathGram, steps: int, power: float = names.KLUB_POWER) -> Schedule:
    """The schedule of least cost for the power, 3 being KLUB."""
    return Schedule(names.optimum(power), names.title("p-optimum", power), optimize.optimum(gram, steps, power))


def named(model: ImageModel, gram: PathGram | None, steps: int, found: Iterable[Schedule] = ()) -> dict[str, Schedule]:
    """All schedules that are held against each other, by name, in `ORDER`.

    Always the baselines; for the models that the authors published a schedule for that one, over this model's range;
    for image to image what a pipeline does itself; what else was `found`; and with a matrix the KLUB optimum, unless it
    was found already.
    """
    every = {name: family(model, name, steps) for name in names.BASELINES}
    if row := published.name_for(model):
        sigmas = published.schedule(row, steps, model.sigma_min, model.sigma_max)
        every["published"] = Schedule("published", names.title("published"), sigmas)
    every |= {one.name: one for one in beside(model)}
    every |= {one.name: one for one in found}
    if gram is not None and "klub-optimum" not in every:
        every["klub-optimum"] = optimum(gram, steps)
    return {name: every[name] for name in ORDER if name in every}


def pictures(model: ImageModel, x0: torch.Tensor) -> np.ndarray:
    """Images x0 [N, C, H, W] in the model's coordinates -> RGB pictures [N, H, W, 3] of one byte."""
    with torch.no_grad():
        parts = x0.split(max(1, model.batch))
        pixels = x0 if model.decode is None else torch.cat([model.decode(part).float().cpu() for part in parts])
    return _bytes(pixels.clamp(-1, 1) / 2 + 0.5)


def differences(images: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """How pictures differ from reference pictures, both [N, H, W, 3]: middle gray where they agree, twice as strong."""
    return np.clip(128 + 2 * (images.astype(np.int16) - reference.astype(np.int16)), 0, 255).astype(np.uint8)


def has_reference(solver: str) -> bool:
    """Whether the noise alone decides what the solver makes of it, so that pictures can be held against others."""
    return not find(solver).stochastic


def reference(model: ImageModel, seed: int, count: int = SHOWN) -> np.ndarray:
    """Pictures [count, H, W, 3] that many steps make of the same noise."""
    return pictures(model, many_steps(model, seed, count))


def sampled_pictures(model: ImageModel, sigmas: np.ndarray, solver: str, seed: int) -> np.ndarray:
    """Pictures [`SHOWN`, H, W, 3] along a schedule, from the same noise for all."""
    return pictures(model, draw_samples(model, sigmas, solver, seed, SHOWN))


T = TypeVar("T")


def _made(_key: Hashable, make: Callable[[], T]) -> T:
    return make()


def grid_of_pictures(
    model: ImageModel,
    schedules: Mapping[str, Schedule],
    solver: str,
    seed: int,
    once: Callable[[Hashable, Callable[[], np.ndarray]], np.ndarray] = _made,
) -> Iterator[tuple[str, np.ndarray]]:
    """Pictures of everything that is `named`; for solvers of the ODE those of many steps too, as 'reference'.

    `once` may keep what it makes, by a key of levels, solver and seed.
    """
    for name, one in schedules.items():
        yield name, once((solver, seed, one.levels), partial(sampled_pictures, model, one.sigmas, solver, seed))
    if has_reference(solver):
        yield "reference", once(("reference", seed), partial(reference, model, seed))


def _bytes(pixels: torch.Tensor) -> np.ndarray:
    """Pixels [N, C, H, W] in [0, 1] -> [N, H, W, 3] of one byte; other numbers of channels than 3 show the first."""
    array = (pixels * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return array if array.shape[-1] == 3 else np.repeat(array[..., :1], 3, axis=-1)
