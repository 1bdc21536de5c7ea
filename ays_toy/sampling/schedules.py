"""The schedule families of the paper (its App. B and Thm 3.1), and what one does to any schedule.

A schedule of n steps is a float64 array of n+1 strictly descending noise levels, from sigma_max to sigma_min. A final
jump to zero is not counted here: it is an option of the sampler.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ays_toy.checks import SIGMA_DATA, SIGMA_MAX, SIGMA_MIN, positive, sigma_range, whole_number

BETA_MIN, BETA_MAX = 0.1, 20.0  # the linear VP process that time-uniform and time-quadratic assume
LONGEST = 10_000  # steps of any schedule
MIN_STEPS, MAX_STEPS = 2, 40  # that pages, runs and challenges take

Family = Callable[..., np.ndarray]


@dataclass(frozen=True, eq=False)
class Schedule:
    """A schedule with its name, as in `names.py`, and what finding it took.

    `calls` counts the points that were given to a denoiser; both are 0 for what is known without a model.
    """

    name: str
    title: str  # the name's, or more: which p, which sweep, resampled to how many steps
    sigmas: np.ndarray = field(default_factory=lambda: np.empty(0))  # none: not found yet, or no schedule at all
    calls: int = 0
    seconds: float = 0.0

    @property
    def steps(self) -> int:
        """The number of steps n, one less than that of the levels."""
        return self.sigmas.size - 1

    @property
    def levels(self) -> tuple[float, ...]:
        """The noise levels as a key."""
        return tuple(self.sigmas.tolist())


def validate(sigmas: Any) -> np.ndarray:
    """Return a schedule as a float64 array [n+1]; ValueError unless it is finite, positive and strictly descending.

    Examples:
        >>> schedules.validate([80, 1, 0.002]).tolist()
        [80.0, 1.0, 0.002]
    """
    try:
        levels = np.array(sigmas, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("A schedule must be a list of numbers, the noise levels from highest to lowest.") from None
    if levels.ndim != 1 or levels.size < 2:
        raise ValueError(f"A schedule needs at least two noise levels in one list; its shape is {levels.shape}.")
    if not np.isfinite(levels).all():
        raise ValueError(f"Noise levels must be finite: level {_first(~np.isfinite(levels))} is not a finite number.")
    if (levels <= 0).any():
        at = _first(levels <= 0)
        raise ValueError(f"Noise levels must be above zero: level {at} is {levels[at]:g} (leave out a final zero).")
    rising = np.diff(levels) >= 0
    if rising.any():
        at = _first(rising)
        raise ValueError(
            f"Noise levels must descend strictly: level {at + 1} ({levels[at + 1]:g}) is not below level {at} "
            f"({levels[at]:g}); sort them from high to low and remove equal ones."
        )
    return levels


def _first(mask: np.ndarray) -> int:
    return int(np.flatnonzero(mask)[0])


def _between(level_at: Callable[[np.ndarray], np.ndarray], n: Any, sigma_min: Any, sigma_max: Any) -> np.ndarray:
    """Evaluate level_at(u) for u = 0, 1/n, ..., 1, with both ends set exactly."""
    low, high = sigma_range(sigma_min, sigma_max)
    steps = whole_number(n, "The number of steps", 1, LONGEST)
    levels = np.asarray(level_at(np.linspace(0.0, 1.0, steps + 1)), dtype=np.float64)
    levels[0], levels[-1] = high, low
    return validate(levels)


def edm(n: int, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX, rho: float = 7.0) -> np.ndarray:
    """EDM's schedule, uniform in sigma^(1/rho) -> [n+1] (Karras et al. 2022, Eq. 5).

    Examples:
        >>> schedules.edm(4).round(3).tolist()
        [80.0, 17.528, 2.515, 0.17, 0.002]
    """
    low, high = sigma_range(sigma_min, sigma_max)
    root = 1.0 / positive(rho, "rho")
    return _between(lambda u: (high**root + u * (low**root - high**root)) ** (1 / root), n, low, high)


def logsnr(n: int, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX) -> np.ndarray:
    """Uniform in log sigma, i.e. geometric -> [n+1] (Lu et al. 2022). EDM with rho -> infinity, not rho = 1.

    Examples:
        >>> schedules.logsnr(2, sigma_min=0.01, sigma_max=100.0).round(3).tolist()
        [100.0, 1.0, 0.01]
    """
    low, high = sigma_range(sigma_min, sigma_max)
    return _between(lambda u: high ** (1 - u) * low**u, n, low, high)


def vp_time(sigma: np.ndarray | float) -> np.ndarray:
    """Time s of the VP process with linear beta (0.1 to 20 over s in [0, 1]) at which the noise level is sigma."""
    log_term = np.log1p(np.square(np.asarray(sigma, dtype=np.float64)))  # = s^2 (b1 - b0) / 2 + s b0
    slope = BETA_MAX - BETA_MIN
    # b0 beside the root keeps full precision at small sigma, where the two nearly cancel.
    return 2 * log_term / (BETA_MIN + np.sqrt(BETA_MIN**2 + 2 * slope * log_term))


def vp_sigma(s: np.ndarray | float) -> np.ndarray:
    """Noise level of the VP process with linear beta (0.1 to 20) at time s; the inverse of `vp_time`."""
    s = np.asarray(s, dtype=np.float64)
    return np.sqrt(np.expm1(0.5 * s**2 * (BETA_MAX - BETA_MIN) + s * BETA_MIN))


def time_uniform(n: int, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX) -> np.ndarray:
    """Uniform in the VP process's time s (linear beta, 0.1 to 20), ends mapped to the range -> [n+1] (AYS, App. B).

    Examples:
        >>> schedules.time_uniform(4).round(3).tolist()
        [80.0, 11.825, 2.856, 0.872, 0.002]
    """
    low, high = sigma_range(sigma_min, sigma_max)
    first, last = vp_time(high), vp_time(low)
    return _between(lambda u: vp_sigma(first + u * (last - first)), n, low, high)


def time_quadratic(n: int, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX) -> np.ndarray:
    """Uniform in sqrt(s), s the VP process's time as in `time_uniform` -> [n+1] (Song et al. 2021, App. D.2).

    Examples:
        >>> schedules.time_quadratic(4).round(3).tolist()
        [80.0, 3.972, 0.886, 0.209, 0.002]
    """
    low, high = sigma_range(sigma_min, sigma_max)
    first, last = np.sqrt(vp_time(high)), np.sqrt(vp_time(low))
    return _between(lambda u: vp_sigma((first + u * (last - first)) ** 2), n, low, high)


def cosine(n: int, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX) -> np.ndarray:
    """Cosine log-SNR, sigma = tan(pi u / 2) with u uniform in [0, 1], ends clipped to the range -> [n+1] (Nichol 2021).

    Where an inner level would leave the range too (many steps, or a narrow range), u runs evenly between the u of
    both ends instead, so that levels stay distinct.

    Examples:
        >>> schedules.cosine(4).round(3).tolist()
        [80.0, 2.414, 1.0, 0.414, 0.002]
    """
    low, high = sigma_range(sigma_min, sigma_max)
    steps = whole_number(n, "The number of steps", 1, LONGEST)
    u_high, u_low = 1.0, 0.0
    inner = np.tan(np.pi / 2 * np.array([1 / steps, 1 - 1 / steps]))
    if steps > 1 and (inner[0] <= low or inner[1] >= high):
        u_high, u_low = np.arctan(high) * 2 / np.pi, np.arctan(low) * 2 / np.pi
    return _between(lambda u: np.tan(np.pi / 2 * (u_high + u * (u_low - u_high))), steps, low, high)


def gaussian(n: int, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX, std: float = SIGMA_DATA) -> np.ndarray:
    """Uniform in atan(sigma / std): optimal for the ODE on Gaussian data of that std -> [n+1] (AYS, Thm 3.1).

    Examples:
        >>> schedules.gaussian(4).round(3).tolist()
        [80.0, 1.195, 0.499, 0.208, 0.002]
    """
    c = positive(std, "std")
    low, high = sigma_range(sigma_min, sigma_max)
    return _between(lambda u: c * np.tan((1 - u) * np.arctan(high / c) + u * np.arctan(low / c)), n, low, high)


SCHEDULES: dict[str, Family] = {
    "edm": edm,
    "logsnr": logsnr,
    "time-uniform": time_uniform,
    "time-quadratic": time_quadratic,
    "cosine": cosine,
    "gaussian": gaussian,
}


def interpolate(sigmas: Any, n: int) -> np.ndarray:
    """Resample a schedule to n steps, piecewise linear in log sigma over its index -> [n+1] (AYS, App. B.1).

    Examples:
        >>> schedules.interpolate([100, 1], 2).round(3).tolist()
        [100.0, 10.0, 1.0]
    """
    levels = validate(sigmas)
    where = np.linspace(0.0, 1.0, levels.size)
    return _between(lambda u: np.exp(np.interp(u, where, np.log(levels))), n, levels[-1], levels[0])


def subdivide(sigmas: Any) -> np.ndarray:
    """Put the geometric midpoint into every step: n+1 -> 2n+1 levels (AYS, App. B.1).

    Examples:
        >>> schedules.subdivide([100, 1, 0.01]).round(3).tolist()
        [100.0, 10.0, 1.0, 0.1, 0.01]
    """
    levels = validate(sigmas)
    finer = np.empty(2 * levels.size - 1)
    finer[::2] = levels
    finer[1::2] = np.sqrt(levels[:-1] * levels[1:])
    return validate(finer)
