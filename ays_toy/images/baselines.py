"""The schedules that an image model's users would take otherwise, over the model's own range."""

from typing import Any

import numpy as np

from ays_toy import names
from ays_toy.checks import whole_number
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.sampling import schedules
from ays_toy.sampling.schedules import Schedule


def baselines(model: ImageModel, steps: int) -> dict[str, np.ndarray]:
    """Every family of `schedules.SCHEDULES` by name, as levels [steps+1] over the model's range.

    time-uniform and time-quadratic are even in the timestep, and in its root, of a model with discrete timesteps; for
    a continuous one they assume the VP process as in 2D. The Gaussian-optimal one has the data's own standard
    deviation.
    """
    low, high = model.sigma_min, model.sigma_max
    families: dict[str, np.ndarray] = {}
    for name, family in schedules.SCHEDULES.items():
        if name in ("time-uniform", "time-quadratic") and model.training_sigmas is not None:
            families[name] = even_in_timesteps(model.training_sigmas, steps, low, high, 2 if "quad" in name else 1)
        elif name == "gaussian":
            families[name] = schedules.gaussian(steps, low, high, std=model.sigma_data)
        else:
            families[name] = family(steps, low, high)
    return families


def family(model: ImageModel, name: str, steps: int) -> Schedule:
    """A baseline over the model's range."""
    return Schedule(name, names.title(name), baselines(model, steps)[name])


def even_in_timesteps(training_sigmas: Any, steps: int, low: float, high: float, root: int = 1) -> np.ndarray:
    """Levels [steps+1] even in the timestep (root 1) or in its square root (2), its ends those of the range.

    training_sigmas [T] descend, from timestep T-1 to 0; between two timesteps the level is geometric.
    """
    whole_number(steps, "The number of steps", 1, schedules.LONGEST)
    rising = np.log(np.asarray(training_sigmas, dtype=np.float64)[::-1])
    first, last = np.interp(np.log([high, low]), rising, np.arange(rising.size)) ** (1 / root)
    times = np.linspace(first, last, steps + 1) ** root
    levels = np.exp(np.interp(times, np.arange(rising.size), rising))
    levels[0], levels[-1] = high, low
    return schedules.validate(levels)
