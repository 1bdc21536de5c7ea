"""What a model is held to before anyone works with it: levels that a process can have, and one call answered."""

import numpy as np
import torch

from ays_toy.images.pipelines.models import ImageModel

NO_SIGNAL = 1e12  # levels beyond which a process has no signal in any arithmetic


def check_levels(sigmas: np.ndarray, name: str) -> None:
    """Raise ValueError unless a model's noise levels [T], in the order of time, ascend and are positive and finite."""
    wrong = "are fewer than two"
    if sigmas.size > 1:
        wrong = "start without noise" if sigmas[0] == 0 else ""
        if not (np.isfinite(sigmas).all() and sigmas[-1] <= NO_SIGNAL):
            wrong = "are no numbers, or far too large"
        elif not wrong and not ((sigmas > 0).all() and (np.diff(sigmas) > 0).all()):
            wrong = "do not rise with time"
    if wrong:
        raise ValueError(
            f"The noise levels of {name} {wrong}: in its scheduler_config.json betas must lie between 0 and 1, "
            "and timesteps number two or more."
        )


def tried(model: ImageModel) -> ImageModel:
    """The model, once it has denoised one image of noise; ValueError where it cannot, or answers with no numbers."""
    generator, middle = torch.Generator().manual_seed(0), float(np.sqrt(model.sigma_min * model.sigma_max))
    x = middle * torch.randn(1, *model.shape, generator=generator)
    try:
        answer = model.denoiser(x, middle)
    except ValueError:
        raise
    except Exception as error:  # networks that do not fit their own configuration fail in every way
        shape = "×".join(map(str, model.shape))
        said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".: ")
        raise ValueError(
            f"{model.name} cannot denoise an array of {shape}, the size that its configuration or you gave ({said})."
        ) from error
    if answer.shape != x.shape or not answer.isfinite().all():
        kind = str(model.dtype).removeprefix("torch.")
        raise ValueError(
            f"{model.name} answers noise with something else than finite numbers: its weights are damaged, or too "
            f"large for {kind}."
        )
    return model
