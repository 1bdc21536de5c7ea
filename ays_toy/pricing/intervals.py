"""The price of a step, from the pair differences E||D_k - D_j||^2 on a grid of noise levels.

For Stochastic-DDIM a step from sigma_b down to sigma_a costs (AYS, Eq. 12, generalized from power 3)

    integral_a^b t^-p E||D_t - D_b||^2 dt = integral t^(1-p) E||D_t - D_b||^2 d(log t).

SDE-DPM-Solver++(2M) replaces D_b by (1 + rho) D_b - rho D_c, with c the level before b and
rho = log(b/a) / (2 log(c/b)); since its coefficients sum to zero, that too is a combination of pair differences:
(1 + rho) M_tb - rho M_tc + rho (1 + rho) M_bc.

Between two grid levels the differences are taken as linear in w = t^2 / (t^2 + c^2), c the data's std, and t^-p is
integrated against that. The denoising error of Gaussian data is proportional to w, that of any other data at both ends
of the range, so the rule is exact there; the trapezoid rule in log t with linear interpolation is 1.4 % off at 128
levels for a good 20-step schedule, because a short step's price is a small difference.

Everywhere: grid [G] descends, differences are [..., G, G] in float64, leading axes are batches.
"""

import numpy as np

from ays_toy.checks import SIGMA_DATA, real_number
from ays_toy.sampling.schedules import validate
from ays_toy.sampling.solvers import pricing


def checked_power(power: float) -> float:
    """The weight's power p in t^-p as a float; ValueError outside 0 to 4."""
    return real_number(power, "The weight's power", 0.0, 4.0)


def share(t: np.ndarray) -> np.ndarray:
    """w(t) = t^2 / (t^2 + c^2): the share of noise in the variance of x_t, and the variable of interpolation."""
    return t**2 / (t**2 + SIGMA_DATA**2)


def cell_weights(upper: np.ndarray, lower: np.ndarray, power: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights [m] of a function's values at the upper and lower ends of cells in its integral against t^-p dt.

    The function is linear in w(t) over the cell. Gauss-Legendre in log t, 8 nodes; cells are short or smooth.
    """
    nodes, weights = np.polynomial.legendre.leggauss(8)
    width = np.log(upper / lower)
    t = lower * np.exp(width * (nodes[:, None] + 1) / 2)
    rise = (t**2 - lower**2) * (upper**2 + SIGMA_DATA**2) / ((upper**2 - lower**2) * (t**2 + SIGMA_DATA**2))
    density = weights[:, None] * (width / 2) * t ** (1 - power)
    return (density * rise).sum(axis=0), (density * (1 - rise)).sum(axis=0)


def pair_differences(differences: np.ndarray, grid: np.ndarray, sigma: np.ndarray, other: np.ndarray) -> np.ndarray:
    """E||D_sigma - D_other||^2 at any levels [m], linear in w between grid levels -> [..., m].

    Bilinear in the matrix, except where both levels lie in one cell: there linear in their distance, which is exact
    for a martingale with a linear mean squared error, and where bilinear interpolation would not vanish at 0.
    """
    positions = np.arange(grid.size)
    at = np.interp(-share(sigma), -share(grid), positions)
    to = np.interp(-share(other), -share(grid), positions)
    i, j = (np.minimum(p.astype(int), grid.size - 2) for p in (at, to))
    u, v = at - i, to - j
    bilinear = (1 - u) * ((1 - v) * differences[..., i, j] + v * differences[..., i, j + 1]) + u * (
        (1 - v) * differences[..., i + 1, j] + v * differences[..., i + 1, j + 1]
    )
    return np.where(i == j, differences[..., i, i + 1] * np.abs(u - v), bilinear)


def schedule_terms(
    differences: np.ndarray, grid: np.ndarray, sigmas: np.ndarray, power: float = 3.0, solver: str = "stochastic-ddim"
) -> np.ndarray:
    """The price [..., n] of every step of a schedule [n+1], on or off the grid.

    Raises ValueError for a schedule that leaves the grid's range, and for a solver that has no such price.
    """
    levels, power = within_grid(sigmas, grid), checked_power(power)
    extrapolates = pricing(solver, stochastic=True, own=True).history > 0
    upper, lower, step = _cells(levels, grid)
    b = levels[step]
    if extrapolates and levels.size > 2:
        h = np.log(levels[:-1] / levels[1:])
        rho = np.concatenate([[0.0], h[1:] / (2 * h[:-1])])[step]
        c = levels[np.maximum(step - 1, 0)]
        past = pair_differences(differences, grid, b, c)
    else:
        rho, c, past = np.zeros(step.size), b, np.zeros(step.size)

    def squared_gap(t: np.ndarray) -> np.ndarray:
        now = (1 + rho) * pair_differences(differences, grid, t, b) + rho * (1 + rho) * past
        if rho.any():
            now = now - rho * pair_differences(differences, grid, t, c)
        return now

    high, low = cell_weights(upper, lower, power)
    areas = high * squared_gap(upper) + low * squared_gap(lower)
    return np.add.reduceat(areas, np.searchsorted(step, np.arange(levels.size - 1)), axis=-1)


def schedule_outline(
    differences: np.ndarray, grid: np.ndarray, sigmas: np.ndarray, power: float = 3.0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The Stochastic-DDIM cost as one outline per step: (sigma [m], height [m]), whose area over log sigma it is.

    The height is t^(1-p) E||D_t - D_b||^2, from zero at the step's upper level b down to its lower one.
    """
    levels, power = within_grid(sigmas, grid), checked_power(power)
    upper, lower, step = _cells(levels, grid)
    outlines = []
    for index, b in enumerate(levels[:-1]):
        t = np.append(upper[step == index], lower[step == index][-1])
        gap = pair_differences(differences, grid, t, np.full(t.size, b))
        outlines.append((t, t ** (1 - power) * gap))
    return outlines


def _cells(levels: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells (upper, lower) between neighbors of grid and schedule together, and the step [m] that each belongs to."""
    nodes = np.unique(np.concatenate([grid[(grid < levels[0]) & (grid > levels[-1])], levels]))[::-1]
    upper, lower = nodes[:-1], nodes[1:]
    return upper, lower, np.searchsorted(-levels, -upper, side="right") - 1


def within_grid(sigmas: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The validated schedule, its ends snapped to the grid's when equal to rounding; ValueError beyond the grid."""
    levels = validate(sigmas)
    if levels[0] > grid[0] * (1 + 1e-9) or levels[-1] < grid[-1] * (1 - 1e-9):
        raise ValueError(
            f"The schedule runs from {levels[0]:g} to {levels[-1]:g} but the paths only from {grid[0]:g} to "
            f"{grid[-1]:g}: collect the PathGram on a grid that holds the schedule."
        )
    return np.clip(levels, grid[-1], grid[0])


class GridCosts:
    """Prefix sums from which every step between two grid levels is priced in constant time."""

    def __init__(self, differences: np.ndarray, grid: np.ndarray, power: float = 3.0) -> None:
        self.differences, self.log_grid = differences, np.log(grid)
        high, low = (weight[:, None] for weight in cell_weights(grid[:-1], grid[1:], checked_power(power)))

        def running(values: np.ndarray) -> np.ndarray:  # integral from the top level down to each level
            areas = high * values[:-1] + low * values[1:]
            return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(areas, axis=0)])

        self.area = running(differences)  # [to, reference]
        self.weight = running(np.ones((grid.size, 1)))[:, 0]

    def steps(self) -> np.ndarray:
        """Price [G, G] of the Stochastic-DDIM step from level i down to level j; infinite unless i < j."""
        costs = self.area.T - np.diag(self.area)[:, None]
        return np.where(np.triu(np.ones(costs.shape, bool), 1), costs, np.inf)

    def step_pairs(self) -> np.ndarray:
        """Price [G, G, G] of the SDE-DPM-Solver++(2M) step j -> k after the step i -> j; infinite unless i < j < k."""
        rho, ordered = step_ratios(self.log_grid)
        held = self.area.T - np.diag(self.area)[:, None]  # [j, k]: reference D_j
        before = self.area.T[:, None, :] - self.area.T[:, :, None]  # [i, j, k]: reference D_i
        gap = self.differences[:, :, None] * (self.weight[None, :] - self.weight[:, None])[None]
        with np.errstate(invalid="ignore"):
            return np.where(ordered, (1 + rho) * held[None] - rho * before + rho * (1 + rho) * gap, np.inf)


def step_ratios(log_grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 2M solvers' rho of the step j -> k after i -> j [G, G, G], and whether i < j < k: else it is void."""
    h = log_grid[:, None] - log_grid  # [i, j] = log(sigma_i / sigma_j)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = h[None, :, :] / (2 * h[:, :, None])
    index = np.arange(log_grid.size)
    return rho, (index[:, None, None] < index[:, None]) & (index[:, None] < index)
