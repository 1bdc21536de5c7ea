"""Least summed error of Euler's single steps along the ODE: BOSS and GITS, by the exact programme over their prices.

Both price the step from level i down to level j by how far x_hat_j = x_i + (sigma_j - sigma_i) v_i ends from the
trajectory's own x_j, and add the prices up as they are. BOSS (Nguyen et al. 2024, arXiv 2312.16414) squares the error,
in the state of flow matching, x / (1 + sigma), whose Euler step is the same one. GITS (Chen et al. 2024, arXiv
2405.11326) takes its length; its factor gamma on what later steps cost is 1 here.

The project's own ODE optimum is the same programme with two things more: errors count by how far the flow shrinks them
until the output, and DPM-Solver++(2M) has prices of its own (`pricing.ode`).
"""

import numpy as np

from ays_toy.optimize.exact import cheapest
from ays_toy.optimize.rivals.rival import Given


def boss(given: Given, steps: int) -> np.ndarray:
    """Least sum of E||x_hat_j - x_j||^2 / (1 + sigma_j)^2 over the steps -> [steps+1]."""
    assert given.walk is not None
    errors = given.walk.paths.local_errors() / (1 + given.walk.grid) ** 2
    return cheapest(given.walk.grid, errors, steps)[steps]


def gits(given: Given, steps: int) -> np.ndarray:
    """Least sum of E||x_hat_j - x_j|| over the steps -> [steps+1]."""
    assert given.walk is not None
    return cheapest(given.walk.grid, given.walk.mean_errors, steps)[steps]
