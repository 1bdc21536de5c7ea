"""The noise a model was trained on, read as diffusers reads it: by the scheduler class that its configuration names.

What a configuration leaves out is that class's own default, and classes differ: HeunDiscreteScheduler's betas are not
DDPMScheduler's, and only some know `rescale_betas_zero_snr`. So the class is built, and its levels are taken.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ays_toy.checks import quoted

PLAIN = "DDPMScheduler"  # what a configuration that names no class belongs to


def class_name(config: Mapping[str, Any], otherwise: str | None = None) -> str:
    """The scheduler class that a configuration names, or the one it is loaded as where it names none."""
    return config.get("_class_name") or otherwise or PLAIN


def build(config: Mapping[str, Any], where: str | Path, otherwise: str | None = None) -> Any:
    """The scheduler of diffusers that a configuration describes; ValueError where there is no such class, or it fails.

    `where` is the model's folder, for messages. Change nothing in it: equal configurations share one.
    """
    import diffusers
    from diffusers.utils import DummyObject

    name = class_name(config, otherwise)
    kind = getattr(diffusers, name, None) if isinstance(name, str) else None
    if isinstance(kind, DummyObject):
        raise ValueError(f"The {name} of {where} needs {' and '.join(kind._backends)}: install that first.")
    if not (isinstance(kind, type) and issubclass(kind, diffusers.SchedulerMixin)):
        raise ValueError(f"The scheduler_config.json of {where} names {quoted(name)}, which diffusers does not have.")
    try:
        return _built(name, json.dumps(dict(config)))
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ValueError(f"The scheduler_config.json of {where} cannot be used: {lines[0].rstrip('.')}.") from None


@lru_cache(maxsize=8)  # some take 0.2 s, and an export on a page asks again each time something else changes
def _built(name: str, config: str) -> Any:
    import diffusers

    return getattr(diffusers, name).from_config(json.loads(config))


def fresh(config: Mapping[str, Any], name: str) -> Any:
    """The scheduler of that class which a user gets who puts it in a pipeline's own one's place; to be changed."""
    import diffusers

    return getattr(diffusers, name).from_config(dict(config))


def visited(scheduler: Any) -> tuple[np.ndarray, np.ndarray]:
    """The level, in a scheduler's own coordinate, and the timestep of every call of the network, after set_timesteps.

    A scheduler of order 2 calls it twice at every level but the first.
    """
    timesteps = scheduler.timesteps.double().numpy()
    if hasattr(scheduler, "sigmas"):
        return scheduler.sigmas.double()[:-1].numpy(), timesteps
    power = scheduler.alphas_cumprod.double()[scheduler.timesteps]
    return ((1 - power) / power).sqrt().numpy(), timesteps
