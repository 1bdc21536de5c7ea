"""A part of a model's noise: image to image, which begins from images with noise on them, and base before refiner.

Image-to-image pipelines take a strength s. Of a schedule of N steps they go through the last s N, from clean images
with the noise of the first level that remains (diffusers' `get_timesteps`; ComfyUI's `denoise` takes N = n / s for n
steps that remain). Here the range is what is given, and all of its n steps are placed anew.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import torch

from ays_toy import names, seeds
from ays_toy.checks import real_number, sigma_range, whole_number
from ays_toy.images import sources
from ays_toy.images.pipelines import schedulers
from ays_toy.images.pipelines.coordinates import flow_sigma
from ays_toy.images.pipelines.models import ImageModel, Part
from ays_toy.sampling.schedules import Schedule, validate
from ays_toy.sampling.solvers import find

LEAST_STRENGTH = 0.05
STARTS = 1020  # images, as many of each of ten labels
SAME = 1e-3  # relative, within which a pipeline's last level is the model's lowest
FLUX_PATCH = 2  # latents a side of what Flux counts as one


def asked(
    model: ImageModel,
    x0: Callable[[], torch.Tensor],
    solver: str,
    steps: int,
    *,
    strength: float | None = None,
    start: float | None = None,
    end: float | None = None,
) -> ImageModel:
    """The model over the part of its noise that is asked for: all of it where nothing is.

    A strength says where a pipeline would start from images x0 [N, C, H, W], `start` the noise level itself; `end` is
    where another model goes on. The images are asked for only where a part begins from them. Raises ValueError where
    both strength and start are given, and as `narrowed` does.
    """
    if strength is None and start is None and end is None:
        return model
    if strength is not None and start is not None:
        raise ValueError("The strength says where to start: give either that or the noise level to start from.")
    if strength is not None:
        found = image_to_image(model, begun := x0(), solver, steps, strength)
        return found if end is None else narrowed(model, found.sigma_max, end, begun)
    high = model.sigma_max if start is None else real_number(start, "The noise level to start from", 1e-6, 1e6)
    low = model.sigma_min if end is None else real_number(end, "The noise level to end at", 1e-6, 1e6)
    return narrowed(model, high, low, x0() if high < model.sigma_max * (1 - SAME) else None)


def from_where(model: ImageModel, x0: torch.Tensor) -> torch.Tensor:
    """Images x0 [N, C, H, W] that sampling begins from: as many of the model's own data as there are, else these."""
    return x0 if model.data is None else sources.find(model, STARTS).x0


def image_to_image(model: ImageModel, x0: torch.Tensor, solver: str, steps: int, strength: float) -> ImageModel:
    """The model over what a pipeline of that strength goes through in as many steps, from clean images x0 [N, C, H, W].

    It begins at the very level where the pipeline's own spacing does, which is beside it to be compared. Raises
    ValueError for a model without a scheduler of diffusers, and for a strength that is not between 0.05 and 1.
    """
    share = real_number(strength, "The strength", LEAST_STRENGTH, 1.0)
    own = tuple(pipelines_own(model, solver, steps, share).tolist())
    return narrowed(model, own[0], model.sigma_min, x0, own)


def narrowed(
    model: ImageModel, high: float, low: float, x0: torch.Tensor | None = None, own: tuple[float, ...] = ()
) -> ImageModel:
    """The model from noise level high to low: sampled from x0 [N, C, H, W] with noise on them, or from noise alone.

    What ends above the model's lowest level is judged against data with as much noise on them. Raises ValueError for a
    range that is not within the model's.
    """
    low, high = sigma_range(low, high)
    if not model.sigma_min * (1 - SAME) <= low < high <= model.sigma_max * (1 + SAME):
        raise ValueError(
            f"The noise levels from {high:g} to {low:g} are not within the model's, {model.sigma_max:g} to "
            f"{model.sigma_min:g}."
        )
    low, high = max(low, model.sigma_min), min(high, model.sigma_max)
    early = low > model.sigma_min * (1 + SAME)
    data = _noised(model.data, low) if early and model.data is not None else model.data
    return replace(model, sigma_min=low, sigma_max=high, data=data, part=Part(x0, own, early))


def _noised(data: Callable[[], torch.Tensor], sigma: float) -> Callable[[], torch.Tensor]:
    def drawn() -> torch.Tensor:
        x0, noise = data(), torch.Generator().manual_seed(seeds.IMAGE_REFERENCE)
        return x0 + sigma * torch.randn(x0.shape, generator=noise)

    return drawn


def beside(model: ImageModel) -> list[Schedule]:
    """What a pipeline of the model's strength does itself, as a schedule; none for other parts and for the whole."""
    own = () if model.part is None else model.part.own
    return [Schedule("pipeline", names.title("pipeline"), validate(own))] if own else []


def pipelines_own(model: ImageModel, solver: str, steps: int, strength: float) -> np.ndarray:
    """What diffusers' image-to-image pipeline goes through with the solver's scheduler, as levels [steps+1].

    A zero at its end is the model's lowest level here; where the pipeline visits that level itself, the jump from there
    is one call more, as it is for every schedule beside it.
    """
    whole_number(steps, "The number of steps", 1)
    ended = visits_the_lowest(model, solver)
    for total in count(steps):
        left = remaining(own_levels(model, solver, total), strength, model.prediction == "flow")
        if left.size == steps + ended:
            levels = np.append(left[:-1] if ended else left, model.sigma_min)
            levels[0] = min(levels[0], model.sigma_max)
            return validate(levels)
        if left.size > steps + 1:
            break
    raise ValueError(f"No number of steps leaves {steps} at the strength {strength:g}: choose another of the two.")


def visits_the_lowest(model: ImageModel, solver: str) -> bool:
    """Whether a pipeline's own spacing for that solver comes to the model's lowest level before it goes to zero."""
    return bool(own_levels(model, solver, 2)[-1] <= model.sigma_min * (1 + SAME))


def remaining(levels: np.ndarray, strength: float, flow: bool = False) -> np.ndarray:
    """Those of a pipeline's levels [N] that it goes through: by the rule of Stable Diffusion's, or of SD3's and Flux's.

    The first rounds s N down, the second rounds up what is left out.
    """
    total = levels.size
    if flow:
        return levels[int(max(total - min(total * strength, total), 0)) :]
    return levels[max(total - min(int(total * strength), total), 0) :]


def own_levels(model: ImageModel, solver: str, total: int) -> np.ndarray:
    """The noise levels [total] at which the solver's scheduler calls the network, spaced as the model's file says."""
    origin = model.origin
    if origin is None or origin.scheduler is None:
        raise ValueError(f"{model.title} comes without a scheduler of diffusers: give the noise level to start from.")
    one = find(solver)
    if model.prediction == "flow":
        scheduler = schedulers.fresh(origin.scheduler.config, origin.scheduler.name)
        if origin.pipeline == "FluxPipeline":
            scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / total, total), **_shift(scheduler, model))
        else:
            scheduler.set_timesteps(total, **_shift(scheduler, model))
        return flow_sigma(np.minimum(schedulers.visited(scheduler)[0], 1 - 1e-6))
    name = origin.scheduler.name if model.prediction == "edm" else one.diffusers.imported
    scheduler = schedulers.fresh(origin.scheduler.config, name)
    scheduler.set_timesteps(total)
    levels = schedulers.visited(scheduler)[0]
    return levels[np.append(True, np.diff(levels) < 0)]  # Heun's visits each but the first twice


def _shift(scheduler: Any, model: ImageModel) -> dict[str, float]:
    """What a flow's pipeline tells a scheduler that shifts by the size of the image."""
    if not scheduler.config.get("use_dynamic_shifting"):
        return {}
    from diffusers.pipelines.flux.pipeline_flux_img2img import calculate_shift

    places = (model.shape[1] // FLUX_PATCH) * (model.shape[2] // FLUX_PATCH)
    given = ("base_image_seq_len", "max_image_seq_len", "base_shift", "max_shift")
    return {"mu": calculate_shift(places, *(scheduler.config[name] for name in given))}
