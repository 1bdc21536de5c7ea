"""Schedules that are even in something cumulated over noise levels: information, or how the ODE bends.

Entropic time (Stancevic et al. 2025, arXiv 2504.13612): by the I-MMSE relation the conditional entropy of the data
grows with the noise at the rate dH/d sigma = mse / sigma^3, mse = E||x0 - D||^2, and every step is to take away an
equal part of it. Rescaled, the rate is multiplied by sigma. On Gaussian data the first is the KLUB-optimal schedule
and the second the Gaussian-optimal one (AYS, Theorem 3.1).

Curvature (SharpEuler, Gupta et al. 2026, arXiv 2605.11547): Euler's error over a step h is h^2/2 times the
acceleration, so that steps are best as dense as its square root. It is taken in the time of flow matching,
s = sigma / (1 + sigma), where the state is x / (1 + sigma) and its velocity (x - D) / sigma - D. Where ART (arXiv
2601.18681) learns time's speed from the same error by reinforcement, this is what it would learn on average.
"""

import numpy as np

from ays_toy.optimize.rivals.rival import Given
from ays_toy.pricing.intervals import cell_weights, share
from ays_toy.sampling.schedules import logsnr, validate

FINE = 4096  # cells over which entropies are summed up
LEAST = 1e-12  # of all, in a cell: what is summed up must rise


def entropic(given: Given, steps: int, power: float = 3.0) -> np.ndarray:
    """Even in the integral of mse sigma^-power -> [steps+1]; power 3 is the entropy, 2 the rescaled one."""
    assert given.gram is not None
    levels, gram = logsnr(FINE, given.sigma_min, given.sigma_max), given.gram
    mse = np.interp(share(levels), share(gram.grid[::-1]), gram.mse[::-1])
    high, low = cell_weights(levels[:-1], levels[1:], power)
    return even(levels, high * mse[:-1] + low * mse[1:], steps)


def rescaled_entropic(given: Given, steps: int) -> np.ndarray:
    """The same with power 2 -> [steps+1]."""
    return entropic(given, steps, 2.0)


def curvature(given: Given, steps: int) -> np.ndarray:
    """As dense as the root of the mean acceleration E||dv/ds||, along trajectories -> [steps+1]."""
    assert given.walk is not None
    levels = given.walk.states.new_tensor(given.walk.grid)[:, None, None]
    velocity = (given.walk.states - given.walk.denoised) / levels - given.walk.denoised
    turned = velocity.diff(dim=0).norm(dim=2).mean(1).cpu().numpy()
    time = given.walk.grid / (1 + given.walk.grid)
    return even(given.walk.grid, np.sqrt(turned * -np.diff(time)), steps)


def even(grid: np.ndarray, cells: np.ndarray, steps: int) -> np.ndarray:
    """Levels with equally much between neighbors of what the cells [G-1] of a descending grid [G] hold -> [steps+1]."""
    amount = np.append(0.0, np.cumsum(np.maximum(cells, LEAST * cells.sum())))
    levels = np.exp(np.interp(np.linspace(0, amount[-1], steps + 1), amount, np.log(grid)))
    levels[0], levels[-1] = grid[0], grid[-1]
    return validate(levels)
