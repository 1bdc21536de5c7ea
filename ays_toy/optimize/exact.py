"""The exact optimum: for every number of steps at once, by dynamic programming over the prices of steps.

This is the dynamic programme of the ELBO (Watson et al. 2021) with KLUB's prices; the paper's own search is local.
"""

from typing import Any

import numpy as np

from ays_toy.checks import whole_number
from ays_toy.pricing.intervals import GridCosts, pair_differences, within_grid
from ays_toy.pricing.ode import OdePaths
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.solvers import pricing


def exact_schedules(
    gram: PathGram, max_steps: int, power: float = 3.0, solver: str = "stochastic-ddim"
) -> dict[int, np.ndarray]:
    """The schedule of least cost on the PathGram's grid for every number of steps: {n: sigmas [n+1]}, n = 1..max_steps.

    The cost of a step is its KLUB with the weight t^-power (3 = KLUB; lower = mode masses over precision). For
    SDE-DPM-Solver++ a step's price depends on the one before it, so the state is a pair of levels; (3M) takes the
    prices of (2M). Raises ValueError for another solver and for more steps than the grid has intervals.

    Examples:
        >>> data, generator = datasets.get("ring-8"), torch.Generator().manual_seed(0)
        >>> x0, grid = data.sample(512, generator), schedules.logsnr(31)
        >>> gram = paths.PathGram.collect(data.denoiser(), x0, grid, generator=generator)
        >>> found = optimize.exact_schedules(gram, max_steps=10)
        >>> [gram.klub(found[n]) < gram.klub(schedules.logsnr(n)) for n in (4, 6, 10)]
        [True, True, True]
    """
    costs = GridCosts(gram.differences, gram.grid, power)
    pairs = costs.step_pairs() if pricing(solver, stochastic=True).history else None
    return cheapest(gram.grid, costs.steps(), max_steps, pairs)


def ode_schedules(paths: OdePaths, max_steps: int, solver: str = "ddim", gamma: float = 1.0) -> dict[int, np.ndarray]:
    """The schedule of least summed local error on the OdePaths' grid for every number of steps {n: sigmas [n+1]}.

    solver is ddim, or dpmpp-2m, whose errors depend on the step before too, or one that these stand for
    (`Solver.price`); gamma as in `OdePaths.costs`. Raises ValueError for another solver and for more steps than the
    grid has intervals.
    """
    looks_back = pricing(solver, stochastic=False).history > 0
    pairs = paths.costs(paths.local_error_pairs(), gamma) if looks_back else None
    return cheapest(paths.grid, paths.costs(paths.local_errors(), gamma), max_steps, pairs)


def cheapest(
    grid: np.ndarray, steps: np.ndarray, max_steps: int, pairs: np.ndarray | None = None
) -> dict[int, np.ndarray]:
    """The schedule of least summed price of its steps on a grid [G] for every number of steps {n: sigmas [n+1]}.

    steps [G, G] prices the step from level i to level j, infinite unless i < j; `pairs` [G, G, G], where a step's price
    depends on the one before it, the step j -> k after i -> j.
    """
    whole_number(max_steps, "The largest number of steps", 1, grid.size - 1)
    chains = _chains(steps, max_steps) if pairs is None else _chains_of_pairs(steps[0], pairs, max_steps)
    return {n: grid[chain] for n, chain in enumerate(chains, start=1)}


def off_grid(gram: PathGram, sigmas: Any, power: float = 3.0, parts: int = 8) -> np.ndarray:
    """Move a schedule's inner levels off the grid to where its cost is least -> [n+1].

    The same programme over the grid, with every cell beside a level cut into `parts` and the matrix interpolated
    between its levels (see `intervals`). Matters for many steps: at 256 levels the grid costs 0.5 % at 20 steps, the
    refined schedule 0.13 %. Stochastic-DDIM only.
    """
    levels = within_grid(sigmas, gram.grid)
    size = gram.grid.size
    position = np.interp(-np.log(levels[1:-1]), -np.log(gram.grid), np.arange(size))
    offsets = np.arange(-parts, parts + 1) / parts
    places = np.clip(position[:, None] + offsets, 0, size - 1).ravel()
    fine = np.exp(np.interp(np.concatenate([places, np.arange(size)]), np.arange(size), np.log(gram.grid)))
    inside = fine[(fine < levels[0] * (1 - 1e-9)) & (fine > levels[-1] * (1 + 1e-9))]
    fine = np.concatenate([levels[:1], np.unique(inside)[::-1], levels[-1:]])
    differences = pair_differences(gram.differences, gram.grid, fine[:, None], fine)
    return fine[_chains(GridCosts(differences, fine, power).steps(), levels.size - 1)[-1]]


def optimum(gram: PathGram, steps: int, power: float = 3.0) -> np.ndarray:
    """The schedule of least cost for that many steps, on the grid and then refined off it -> [steps+1].

    Examples:
        >>> data, generator = datasets.get("ring-8"), torch.Generator().manual_seed(0)
        >>> x0, grid = data.sample(512, generator), schedules.logsnr(31)
        >>> gram = paths.PathGram.collect(data.denoiser(), x0, grid, generator=generator)
        >>> gram.klub(optimize.optimum(gram, 6)) <= gram.klub(optimize.exact_schedules(gram, 6)[6])
        True
    """
    return off_grid(gram, exact_schedules(gram, steps, power)[steps], power)


def _chains(step: np.ndarray, max_steps: int) -> list[np.ndarray]:
    """The cheapest chain of n steps from the first level to the last, for n = 1..max_steps.

    step [G, G] is the price from i to j, infinite unless i < j. best_n[j] = min_i best_{n-1}[i] + step[i, j].
    """
    incoming = np.ascontiguousarray(step.T)  # [j, i], so that the minimum runs along memory
    best, origins = step[0], [np.zeros(len(step), dtype=np.intp)]
    for _ in range(max_steps - 1):
        candidates = incoming + best
        origins.append(candidates.argmin(axis=1))
        best = np.take_along_axis(candidates, origins[-1][:, None], axis=1)[:, 0]
    return [_trace(origins[:n], len(step) - 1) for n in range(1, max_steps + 1)]


def _trace(origins: list[np.ndarray], last: int) -> np.ndarray:
    chain = [last]
    for origin in reversed(origins):
        chain.append(int(origin[chain[-1]]))
    return np.array(chain[::-1])


def _chains_of_pairs(first: np.ndarray, step: np.ndarray, max_steps: int) -> list[np.ndarray]:
    """As `_chains` where the price step [G, G, G] of j -> k depends on i, the level before; first [G] from level 0."""
    size = len(first)
    best = np.full((size, size), np.inf)  # [i, j]: cheapest chain that ends with the step i -> j
    best[0] = first
    chains, origins = [np.array([0, size - 1])], []
    for _ in range(max_steps - 1):
        candidates = best[:, :, None] + step
        origins.append(candidates.argmin(axis=0))  # [j, k] -> i
        best = np.take_along_axis(candidates, origins[-1][None], axis=0)[0]
        chain = [size - 1, int(best[:, -1].argmin())]
        for origin in reversed(origins):
            chain.append(int(origin[chain[-1], chain[-2]]))
        chains.append(np.array(chain[::-1]))
    return chains
