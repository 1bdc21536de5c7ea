"""Solvers whose weights are corrected, step by step: what can be learned besides the levels, at the same calls.

A multistep solver holds a weighted sum of the denoiser's last values over each step. S4S (Frankel et al. 2025, arXiv
2502.17423) and GS (Oganov et al. 2026, arXiv 2510.17699) learn such weights; as in GS, the theory's are kept, and what
is added to them begins at zero.
"""

from dataclasses import replace

import torch

from ays_toy.sampling.solver_steps import Start, extrapolate, extrapolated
from ays_toy.sampling.solvers import SOLVERS, Solver, find

CORRECTABLE = tuple(one.name for one in SOLVERS.values() if one.step is extrapolate and one.correct is None)


def corrected(solver: str | Solver, corrections: torch.Tensor) -> Solver:
    """The solver with corrections [n, 2] added to its weights, of the latest value and the one before, in every step.

    ValueError for a solver that does not extrapolate from two values, and for corrections of another shape.
    """
    one = find(solver)
    if one.name not in CORRECTABLE:
        raise ValueError(f"Weights can be corrected of {', '.join(CORRECTABLE)}, not of {one.name}.")
    if corrections.ndim != 2 or corrections.shape[1] != 1 + one.history:
        raise ValueError(f"A step of {one.title} has {1 + one.history} weights: give corrections [n, 2].")

    def step(at: Start) -> torch.Tensor:
        held = extrapolated(at)
        for correction, value in zip(corrections[at.index], (at, *at.past), strict=False):
            held = held + correction * value.denoised
        return at.holding(held)

    return replace(one, step=step)
