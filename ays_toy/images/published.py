"""The 10-step schedules that the authors of Align Your Steps published, for four image and video models.

diffusers ships three of them as `AysSchedules`, read here when they are asked for, with 0.0 in place of the last noise
level: its 10 steps end with a jump to zero. The paper's quick-start table has that level, and so has what is returned
here: n steps are n+1 positive levels, and a final jump to zero is not counted. The DeepFloyd row, which diffusers
leaves out, and the last levels are from the authors' table
(research.nvidia.com/labs/toronto-ai/AlignYourSteps/howto.html; AYS, Sec. 5).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ays_toy.checks import lookup, sigma_range
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.sampling.schedules import Schedule, interpolate, validate

DEEPFLOYD_SIGMAS = (160.41, 8.081, 3.315, 1.885, 1.207, 0.785, 0.553, 0.293, 0.186, 0.030, 0.006)
DEEPFLOYD_TIMESTEPS = (995, 920, 811, 686, 555, 418, 315, 174, 109, 12, 0)


@dataclass(frozen=True, eq=False)
class Published(Schedule):
    """A published schedule [11] down to the paper's last level, and where it is from; titled as its model."""

    timesteps: tuple[int, ...] | None = None  # [11]; None: in continuous time
    source: str = ""


# Title, the paper's last level, and the keys of levels and timesteps in AysSchedules.
_ROWS: dict[str, tuple[str, float, str | None, str | None]] = {
    "sd15": ("Stable Diffusion 1.5", 0.029, "StableDiffusionSigmas", "StableDiffusionTimesteps"),
    "sdxl": ("Stable Diffusion XL", 0.029, "StableDiffusionXLSigmas", "StableDiffusionXLTimesteps"),
    "deepfloyd": ("DeepFloyd-IF, stage 1", DEEPFLOYD_SIGMAS[-1], None, None),
    "svd": ("Stable Video Diffusion", 0.002, "StableDiffusionVideoSigmas", None),
}
NAMES = tuple(_ROWS)
_FOR = {"StableDiffusionPipeline": "sd15", "StableDiffusionXLPipeline": "sdxl"}


def get(name: str) -> Published:
    """The published schedule of that name, one of `NAMES`; ValueError for another."""
    title, last, levels, timesteps = lookup(_ROWS, name, "published schedule")
    if levels is None:
        source = "the authors' table (AYS, quick-start guide)"
        return Published("published", title, validate(DEEPFLOYD_SIGMAS), timesteps=DEEPFLOYD_TIMESTEPS, source=source)
    from diffusers.schedulers import AysSchedules

    all_of_them: Any = AysSchedules
    sigmas = validate([*all_of_them[levels][:-1], last])
    source = f"diffusers, AysSchedules[{levels!r}]; last level {last:g} from the authors' table"
    steps = None if timesteps is None else (*all_of_them[timesteps], 0)
    return Published("published", title, sigmas, timesteps=steps, source=source)


def name_for(model: ImageModel) -> str | None:
    """The published schedule that was made for models of this pipeline; None where there is none."""
    return None if model.origin is None else _FOR.get(model.origin.pipeline or "")


def everything() -> dict[str, Published]:
    """All published schedules by name."""
    return {name: get(name) for name in NAMES}


def schedule(name: str, n: int, sigma_min: Any = None, sigma_max: Any = None) -> np.ndarray:
    """A published schedule at n steps, piecewise linear in log sigma over its index -> [n+1] (AYS, App. B.1).

    With a range its ends take the place of the first and the last level, so that it can be compared with others over
    the same range. Raises ValueError where an inner level lies outside that range.
    """
    levels = get(name).sigmas.copy()
    low, high = sigma_range(
        levels[-1] if sigma_min is None else sigma_min, levels[0] if sigma_max is None else sigma_max
    )
    if not low < levels[-2] or not levels[1] < high:
        raise ValueError(
            f"The published schedule {name} runs from {levels[0]:g} to {levels[-1]:g}: "
            f"the range {high:g} to {low:g} must hold its inner levels, {levels[1]:g} to {levels[-2]:g}."
        )
    levels[0], levels[-1] = high, low
    return interpolate(levels, n)
