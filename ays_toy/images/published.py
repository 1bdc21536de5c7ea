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
from ays_toy.images.models import ImageModel
from ays_toy.schedules import interpolate, validate

DEEPFLOYD_SIGMAS = (160.41, 8.081, 3.315, 1.885, 1.207, 0.785, 0.553, 0.293, 0.186, 0.030, 0.006)
DEEPFLOYD_TIMESTEPS = (995, 920, 811, 686, 555, 418, 315, 174, 109, 12, 0)


@dataclass(frozen=True, eq=False)
class Published:
    """A published schedule: sigmas [11] descending to the paper's last level, timesteps [11], or None (continuous)."""

    name: str
    title: str
    sigmas: np.ndarray
    timesteps: tuple[int, ...] | None
    source: str
    shipped: np.ndarray | None  # as diffusers has it [11], 0 in place of the last level; None: not there


@dataclass(frozen=True)
class _Row:
    title: str
    last: float  # the paper's last level
    sigmas_key: str | None  # in AysSchedules
    timesteps_key: str | None


_ROWS: dict[str, _Row] = {
    "sd15": _Row("Stable Diffusion 1.5", 0.029, "StableDiffusionSigmas", "StableDiffusionTimesteps"),
    "sdxl": _Row("Stable Diffusion XL", 0.029, "StableDiffusionXLSigmas", "StableDiffusionXLTimesteps"),
    "deepfloyd": _Row("DeepFloyd-IF, stage 1", DEEPFLOYD_SIGMAS[-1], None, None),
    "svd": _Row("Stable Video Diffusion", 0.002, "StableDiffusionVideoSigmas", None),
}
NAMES = tuple(_ROWS)
_FOR = {"StableDiffusionPipeline": "sd15", "StableDiffusionXLPipeline": "sdxl"}


def get(name: str) -> Published:
    """The published schedule of that name, one of `NAMES`; ValueError for another."""
    row = lookup(_ROWS, name, "published schedule")
    if row.sigmas_key is None:
        source = "the authors' table (AYS, quick-start guide)"
        return Published(name, row.title, validate(DEEPFLOYD_SIGMAS), DEEPFLOYD_TIMESTEPS, source, None)
    from diffusers.schedulers import AysSchedules

    all_of_them: Any = AysSchedules
    shipped = np.array(all_of_them[row.sigmas_key], dtype=np.float64)
    steps = None if row.timesteps_key is None else (*all_of_them[row.timesteps_key], 0)
    source = f"diffusers, AysSchedules[{row.sigmas_key!r}]; last level {row.last:g} from the authors' table"
    return Published(name, row.title, validate([*shipped[:-1], row.last]), steps, source, shipped)


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
