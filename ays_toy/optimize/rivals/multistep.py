"""Levels of least bound on the error of a multistep solver (DMN, Xue et al. 2024, arXiv 2402.17376).

In lambda = -log sigma the solver integrates e^lambda D(x, lambda) exactly where D is the polynomial through its last
values. So an error e_i of the value at lambda_i enters the output by the sum over all steps s of

    w_si = integral over the step of e^lambda l_i(lambda) d lambda,      l_i Lagrange's polynomial,

and with |e_i| <= eps_i the whole is bounded by the sum over i of eps_i |sum_s w_si|. The errors are taken as
eps = sigma_vp^p / alpha in the terms of the variance preserving process, p = 1 as the authors advise for pixels:
nothing of this depends on data. As in the authors' code the order rises from 1 to 3 and falls back to 1 at the end,
the first and the last step count on their own, and with 7 steps or fewer so do the first three.

It is the nearest minimum that is wanted, by a trust region from levels even in lambda: a thorough search finds lower
bounds in which large weights happen to cancel behind one giant step.
"""

from functools import lru_cache

import numpy as np
import torch
from scipy.optimize import BFGS, LinearConstraint, minimize

from ays_toy.optimize.rivals.rival import Given
from ays_toy.sampling.schedules import logsnr, validate

ORDER = 3
FEW, APART = 7, 3  # with so few steps, so many of them count on their own
LEAST = 1e-3  # of an even gap in lambda
ITERATIONS = 100


def dmn(given: Given, steps: int) -> np.ndarray:
    """The levels of least bound between both ends -> [steps+1]."""
    return _least(steps, given.sigma_min, given.sigma_max).copy()


class _Curvature(BFGS):
    """BFGS that learns nothing, and says nothing, where a step between corners of the bound keeps the slope."""

    def update(self, delta_x: np.ndarray, delta_grad: np.ndarray) -> None:
        if delta_grad.any():
            super().update(delta_x, delta_grad)


@lru_cache(maxsize=256)
def _least(steps: int, low: float, high: float) -> np.ndarray:
    even = np.log(logsnr(steps, low, high))
    if steps == 1:
        return np.array([high, low])

    def objective(inner: np.ndarray) -> tuple[float, np.ndarray]:
        moved = torch.tensor(inner, requires_grad=True)
        worst = bound(torch.cat([torch.tensor(even[:1]), moved, torch.tensor(even[-1:])]).exp())
        (slope,) = torch.autograd.grad(worst, moved)
        return float(worst.detach()), slope.numpy()

    gaps = -np.diff(np.eye(steps + 1), axis=0)  # [n, n+1]: of the inner levels, and what the ends add
    ends = gaps[:, [0, -1]] @ even[[0, -1]]
    apart = LinearConstraint(gaps[:, 1:-1], LEAST * (even[0] - even[1]) - ends, np.inf)
    options = {"maxiter": ITERATIONS}
    found = minimize(
        objective, even[1:-1], jac=True, hess=_Curvature(), method="trust-constr", constraints=apart, options=options
    )
    return validate([high, *np.exp(found.x), low])


def bound(sigmas: torch.Tensor, power: float = 1.0) -> torch.Tensor:
    """The bound of a schedule [n+1]; `power` is that of sigma_vp in the error of a value."""
    lambdas, n = -sigmas.log(), len(sigmas) - 1
    errors = (sigmas**power * (1 + sigmas**2) ** ((1 - power) / 2))[:-1]
    shared, alone = torch.zeros_like(errors), sigmas.new_zeros(())
    for order in range(1, min(ORDER, (n + 1) // 2) + 1):
        ends = {order - 1, n - order}
        starts = torch.tensor(sorted(ends if order < ORDER else range(order - 1, n - order + 1)))
        weights = lagrange(lambdas, starts, order)
        at = starts[:, None] - torch.arange(order)
        entering = weights * errors[at]
        together = starts >= (APART if n <= FEW else 0) if order > 1 else starts < 0
        shared = shared.index_add(0, at[together].flatten(), entering[together].flatten())
        alone = alone + entering[~together].square().sum(1).sqrt().sum()
    return alone + shared.abs().sum()


def lagrange(lambdas: torch.Tensor, starts: torch.Tensor, order: int) -> torch.Tensor:
    """Integrals of e^lambda l_i over the steps that begin at `starts` [B], i the last `order` values -> [B, order].

    They are what integrates every polynomial of lower degree exactly.
    """
    at = starts[:, None] - torch.arange(order)
    behind = lambdas[at] - lambdas[starts, None]
    length = lambdas[starts + 1] - lambdas[starts]
    moments = [torch.expm1(length)]  # of u^k e^u over the step
    for k in range(1, order):
        moments.append(length**k * length.exp() - k * moments[-1])
    powers = torch.stack([behind**k for k in range(order)], dim=1)
    integrals = torch.linalg.solve(powers, torch.stack(moments, dim=1))
    return lambdas[starts, None].exp() * integrals
