"""Schedules of an image model side by side, on equal terms: which ones, and what their pictures look like."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ays_toy import optimize
from ays_toy.images import published
from ays_toy.images.baselines import baselines
from ays_toy.images.models import ImageModel
from ays_toy.images.sampling import draw, many_steps
from ays_toy.paths import PathGram
from ays_toy.samplers import SOLVERS

ORDER = ("choice", "ays", "exact", "time-uniform", "time-quadratic", "edm", "logsnr", "cosine", "gaussian")
SHOWN = 10  # pictures of every schedule
TITLES = {
    "choice": "Automatic choice",
    "ays": "AYS, published",
    "exact": "KLUB optimum",
    "time-uniform": "Time-uniform",
    "time-quadratic": "Time-quadratic",
    "edm": "EDM",
    "logsnr": "LogSNR",
    "cosine": "Cosine",
    "gaussian": "Gaussian-optimal",
}


def named(
    model: ImageModel, gram: PathGram | None, steps: int, ours: np.ndarray | None = None
) -> dict[str, tuple[str, np.ndarray]]:
    """All schedules of that many steps by their entry in the palette -> (title, levels [steps+1]), in `ORDER`.

    With a matrix the KLUB optimum is among them, with `ours` the automatic choice, and for the models that the authors
    published a schedule for that one, over this model's range.
    """
    found: dict[str, Any] = dict(baselines(model, steps))
    if gram is not None:
        found["exact"] = optimize.optimum(gram, steps)
    if ours is not None:
        found["choice"] = ours
    if row := published.name_for(model):
        found["ays"] = published.schedule(row, steps, model.sigma_min, model.sigma_max)
    titles = dict(TITLES)
    if model.training_sigmas is not None:
        titles["time-uniform"] += ", as shipped"
    return {name: (titles[name], found[name]) for name in ORDER if name in found}


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
    return not SOLVERS[solver].stochastic


def reference(model: ImageModel, seed: int, count: int = SHOWN) -> np.ndarray:
    """Pictures [count, H, W, 3] that many steps make of the same noise."""
    return pictures(model, many_steps(model, seed, count))


def drawn(model: ImageModel, sigmas: np.ndarray, solver: str, seed: int) -> np.ndarray:
    """Pictures [`SHOWN`, H, W, 3] along a schedule, from the same noise for all."""
    return pictures(model, draw(model, sigmas, solver, seed, SHOWN))


def grid_of_pictures(
    model: ImageModel, schedules: Mapping[str, tuple[str, np.ndarray]], solver: str, seed: int
) -> dict[str, np.ndarray]:
    """Pictures of everything that is `named`; for solvers of the ODE those of many steps too, as 'reference'."""
    found = {name: drawn(model, sigmas, solver, seed) for name, (_, sigmas) in schedules.items()}
    return found | ({"reference": reference(model, seed)} if has_reference(solver) else {})


def _bytes(pixels: torch.Tensor) -> np.ndarray:
    """Pixels [N, C, H, W] in [0, 1] -> [N, H, W, 3] of one byte; other numbers of channels than 3 show the first."""
    array = (pixels * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return array if array.shape[-1] == 3 else np.repeat(array[..., :1], 3, axis=-1)
