"""Any denoiser as an image model, whoever made it: what `images.load` gives for the names that it knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ays_toy.checks import SIGMA_DATA, lookup, positive, quoted, sigma_range, whole_number
from ays_toy.images.loading import default_batch
from ays_toy.images.pipelines.adapters import NetworkDenoiser
from ays_toy.images.pipelines.coordinates import PREDICTIONS, Prediction, TrainingLevels, edm, edm_time, flow_time
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.pipelines.pixels import MOST_LABELS
from ays_toy.images.pipelines.trial import check_levels, tried
from ays_toy.images.quality import LEAST

Times = Callable[[np.ndarray], np.ndarray]  # noise levels -> a network's time
USUAL: dict[str, Times] = {"flow": flow_time, "edm": edm_time}
Time = Times | torch.Tensor  # that, or the cumulated alphas of discrete timesteps


@dataclass(frozen=True, eq=False)
class Wrapped:
    """A denoiser that is given x of one type on one device, at most `batch` rows at a time, and keeps no graph."""

    denoiser: Callable[..., torch.Tensor]
    like: torch.Tensor  # of that type, on that device
    batch: int
    labels: tuple[int, ...] = ()  # row n of a call is told number n modulo theirs, as a third argument; none: nothing

    @torch.no_grad()
    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """As `ImageModel.denoiser`; ValueError for an answer of another shape than x."""
        out = torch.empty_like(x)
        for start in range(0, len(x), self.batch):
            rows = slice(start, start + self.batch)
            level = sigma[rows].to(self.like) if torch.is_tensor(sigma) and sigma.ndim else sigma
            answer = self.denoiser(x[rows].to(self.like), level, *_told(self.labels, range(len(x))[rows], self.like))
            if not torch.is_tensor(answer) or answer.shape != x[rows].shape:
                got = f"a tensor {list(answer.shape)}" if torch.is_tensor(answer) else f"{type(answer).__name__}"
                raise ValueError(
                    f"The denoiser must answer x {list(x[rows].shape)} with a tensor of its shape, not {got}."
                )
            out[rows] = answer
        return out


def wrap(
    denoiser: Callable[..., torch.Tensor],
    *,
    shape: tuple[int, int, int],
    sigma_min: float,
    sigma_max: float,
    x0: torch.Tensor | None = None,
    prediction: str | None = None,
    time: Time | None = None,
    sigma_data: float = SIGMA_DATA,
    labels: int | Sequence[int] | None = None,
    shown: torch.Tensor | None = None,
    batch: int | None = None,
    title: str = "Your model",
) -> ImageModel:
    """A model of any callable denoiser(x, sigma) -> x0 for x [N, *shape] = x0 + sigma noise, sigma a number or [N].

    It is priced, searched, compared and exported as what `images.load` gives. Clean data x0 [N, *shape] start its
    paths and are what Fréchet distances are to; without them its own many-step samples are. The denoiser is called
    with x0's type on x0's device (float32 on the CPU without), `batch` rows at a time: about 2^18 numbers where it is
    left out.

    With a `prediction` it is instead a network in its own coordinates, network(scaled x, t [N]): epsilon, v_prediction
    or sample of a process that keeps variance, flow of a straight one, or edm, the F of EDM's preconditioning for data
    of std `sigma_data`. `time` gives t: a function of the noise levels [N], or the cumulated alphas [T] of discrete
    timesteps; left out, s = sigma / (1 + sigma) for a flow and ln(sigma) / 4 for EDM.

    With `labels` it gets them [N] as one more argument, row n taking label n modulo their number; x0 that show several
    classes need these [N] as `shown`. Raises ValueError, in one sentence, for arguments that do not fit, a range that
    is none, and a denoiser that answers one image of noise with anything else than finite numbers of its shape.

    Examples:
        >>> ranged = {"shape": (1, 8, 8), "sigma_min": 0.01, "sigma_max": 80.0}
        >>> model = images.wrap(denoisers.GaussianDenoiser(), **ranged)
        >>> model.denoiser(torch.zeros(2, 1, 8, 8), 1.0).shape
        torch.Size([2, 1, 8, 8])
    """
    if not callable(denoiser):
        raise ValueError(f"The denoiser must be callable as denoiser(x, sigma), giving x0; {quoted(denoiser)} is not.")
    low, high = sigma_range(sigma_min, sigma_max)
    sizes = _shape(shape)
    like = torch.empty(0) if x0 is None else _clean(x0, sizes)
    told, classes = _labels(labels, shown, x0)
    batch = default_batch(sizes) if batch is None else whole_number(batch, "The batch", 1, 2**16)
    about: dict[str, Any] = {"shape": sizes, "device": like.device, "dtype": like.dtype, "batch": batch}
    if prediction is None and time is not None:
        raise ValueError("A time belongs to a network with a prediction: say what it predicts, or leave the time out.")
    return tried(
        ImageModel(
            name="Your model",  # none that anything is known of
            title=title,
            denoiser=Wrapped(denoiser, like[:0], batch, told)
            if prediction is None
            else NetworkDenoiser(
                lambda x, t, rows: denoiser(x, t, *_told(told, rows, x)),
                *_process(prediction, time, sigma_data),
                **about,
            ),
            sigma_min=low,
            sigma_max=high,
            sigma_data=SIGMA_DATA if x0 is None else float((like - like.mean(dim=0)).square().mean().sqrt()),
            encode=None,
            decode=None,
            training_sigmas=None,
            prediction="sample",
            labels=told,
            data=None if x0 is None else lambda: like,
            shown=None if classes is None else lambda: classes,
            **about,
        )
    )


def _told(labels: tuple[int, ...], rows: range, like: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The further arguments of a call: the labels of its rows, where there are any."""
    return (torch.tensor([labels[row % len(labels)] for row in rows], device=like.device),) if labels else ()


def _process(prediction: str, time: Time | None, sigma_data: float) -> tuple[Times, Prediction]:
    """The time of a network, and what its answer says of clean data."""
    known = PREDICTIONS | {"edm": edm(positive(sigma_data, "sigma_data"))}
    meant = lookup(known, prediction, "prediction")
    if time is None:
        if prediction not in USUAL:
            raise ValueError(
                f"A network of {prediction} needs a time: a function of noise levels, or cumulated alphas."
            )
        return USUAL[prediction], meant
    if torch.is_tensor(time):
        levels = TrainingLevels.of(time)
        check_levels(levels.sigmas, "the cumulated alphas")
        return levels.timesteps, meant
    if not callable(time):
        raise ValueError(f"The time must be a function of noise levels or cumulated alphas [T], not {quoted(time)}.")
    return time, meant


def _labels(
    labels: int | Sequence[int] | None, shown: torch.Tensor | None, x0: torch.Tensor | None
) -> tuple[tuple[int, ...], torch.Tensor | None]:
    """Labels as a tuple, and the classes of the clean data."""
    told = () if labels is None else (labels,) if isinstance(labels, int) else tuple(labels)
    told = tuple(whole_number(label, "A label", 0) for label in told)
    if len(told) > MOST_LABELS:
        raise ValueError(f"There may be {MOST_LABELS} labels at most, not {len(told)}.")
    if x0 is None or not told:
        return told, None
    if shown is None and len(set(told)) == 1:
        return told, torch.full((len(x0),), told[0])
    if not torch.is_tensor(shown) or shown.shape != (len(x0),):
        raise ValueError(f"The classes that the clean data show must be a tensor [{len(x0)}], for these labels.")
    return told, shown.cpu()


def _shape(shape: Any) -> tuple[int, int, int]:
    try:
        channels, height, width = (whole_number(size, "A size", 1, 2**16) for size in shape)
    except (TypeError, ValueError):
        raise ValueError(
            f"The shape must be three whole numbers, channels, height and width, not {quoted(shape)}."
        ) from None
    return channels, height, width


def _clean(x0: Any, shape: tuple[int, int, int]) -> torch.Tensor:
    fits = torch.is_tensor(x0) and x0.is_floating_point() and x0.ndim == 4 and tuple(x0.shape[1:]) == shape
    if not fits or len(x0) < LEAST or not bool(x0.isfinite().all()):
        wanted = ", ".join(map(str, shape))
        raise ValueError(f"The clean data x0 must be a tensor [N, {wanted}] of finite numbers, N at least {LEAST}.")
    found: torch.Tensor = x0.detach()
    return found
