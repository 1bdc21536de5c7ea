"""The loop that carries noise back to data along a schedule, one for all solvers (AYS, Secs. 2 and 5).

What they are is in `solvers`, the steps that they make in `solver_steps`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch

from ays_toy import checks
from ays_toy.data.denoisers import Denoiser
from ays_toy.sampling import schedules
from ays_toy.sampling.solver_steps import Start, Step, denoise
from ays_toy.sampling.solvers import SOLVERS, Solver, find
from ays_toy.sampling.traced import is_traced, levels_of, plain
from ays_toy.threads import one_thread

__all__ = [
    "SOLVERS",
    "Noise",
    "Solver",
    "Step",
    "denoiser_calls",
    "draw_samples",
    "find",
    "sample",
    "step_from",
    "steps",
]
Noise = Callable[[float, float, torch.Tensor], torch.Tensor]  # of a step: (sigma, sigma_next, x) -> z, shaped as x


def denoiser_calls(solver: str, steps: int, denoise_to_zero: bool = False) -> int:
    """Number of denoiser calls that `sample` makes on a schedule of that many steps.

    Examples:
        >>> samplers.denoiser_calls("heun", 8)
        16
    """
    count = checks.whole_number(steps, "The number of steps", 1)
    return find(solver).calls_per_step * count + bool(denoise_to_zero)


def sample(
    denoiser: Denoiser,
    x_T: torch.Tensor,
    sigmas: Any,
    solver: str | Solver = "stochastic-ddim",
    *,
    generator: torch.Generator | None = None,
    noise: Noise | None = None,
    denoise_to_zero: bool = False,
) -> torch.Tensor:
    """Carry x_T [N, ...], at noise level sigmas[0], down the schedule -> x at its last level, or at 0, as x_T in shape.

    Arguments and errors are those of `steps`.

    Examples:
        >>> data, generator = datasets.get("ring-8"), torch.Generator().manual_seed(0)
        >>> x_T = 80 * torch.randn(2000, 2, generator=generator)
        >>> samples = samplers.sample(data.denoiser(), x_T, schedules.edm(20), "heun")
        >>> round(float(samples.std()), 1)  # that of all data sets is 0.5
        0.5
    """
    walk = steps(denoiser, x_T, sigmas, solver, generator=generator, noise=noise, denoise_to_zero=denoise_to_zero)
    return deque(walk, maxlen=1).pop().x_next


@one_thread()
def draw_samples(
    denoiser: Denoiser, sigmas: Any, solver: str, seed: int, n: int, device: str | torch.device = "cpu"
) -> torch.Tensor:
    """Sample n points [n, 2]; x_T and the solver's noise depend on seed and device alone, not on the levels."""
    levels, generator = schedules.validate(sigmas), torch.Generator(device).manual_seed(seed)
    x_T = float(levels[0]) * torch.randn(n, 2, generator=generator, device=device)
    return sample(denoiser, x_T, levels, solver, generator=generator)


def steps(
    denoiser: Denoiser,
    x_T: torch.Tensor,
    sigmas: Any,
    solver: str | Solver = "stochastic-ddim",
    *,
    generator: torch.Generator | None = None,
    noise: Noise | None = None,
    denoise_to_zero: bool = False,
) -> Iterator[Step]:
    """Yield one `Step` for each of the schedule's n steps, computed as it is asked for.

    x_T [N, ...] is floating point and at noise level sigmas[0]; sigmas [n+1] descends. No graph is kept, but where
    sigmas is a float64 tensor that requires a gradient: then x_next can be differentiated by it. A stochastic solver
    draws one standard normal array of x_T's shape a step from the generator, so that equal seeds give every schedule
    the same noise, step for step; or it asks `noise` for that array: `brownian.SharedNoise` has schedules of any
    lengths follow one path of the SDE. `denoise_to_zero` adds a last record, from sigmas[-1] to 0, whose x_next is
    D(x, sigmas[-1]). ValueError, raised by the call itself, for a bad schedule, x_T or solver name, or unless a
    stochastic solver gets one source of noise.

    Examples:
        >>> x_T = torch.tensor([[80.0, 0.0]])
        >>> walk = samplers.steps(denoisers.GaussianDenoiser(), x_T, [80, 1, 0.1], "ddim")
        >>> [(step.sigma, step.sigma_next) for step in walk]
        [(80.0, 1.0), (1.0, 0.1)]
    """
    levels = levels_of(sigmas)
    chosen = find(solver)
    if not isinstance(x_T, torch.Tensor) or not x_T.is_floating_point() or x_T.ndim == 0:
        kind = f"{x_T.dtype} {list(x_T.shape)}" if isinstance(x_T, torch.Tensor) else type(x_T).__name__
        raise ValueError(f"x_T must be a floating-point tensor [N, ...], not {kind}: convert it first.")
    if not x_T.isfinite().all():
        raise ValueError("x_T must be finite: it holds NaN or infinite values, so draw it again.")
    if generator is not None and noise is not None:
        raise ValueError("The noise of the steps can come from one source only: pass either generator or noise.")
    if chosen.stochastic and generator is None and noise is None:
        raise ValueError(f"{chosen.title} adds noise at every step: pass generator=torch.Generator().manual_seed(...).")
    return _walk(denoiser, x_T.detach(), levels, chosen, noise or _independent(generator), denoise_to_zero)


def _independent(generator: torch.Generator | None) -> Noise:
    return lambda _, __, x: torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)


def _walk(
    denoiser: Denoiser,
    x: torch.Tensor,
    levels: list[float],
    solver: Solver,
    noise: Noise,
    denoise_to_zero: bool,
) -> Iterator[Step]:
    past: deque[Step] = deque(maxlen=solver.history)
    for index, (sigma, sigma_next) in enumerate(pairwise(levels)):
        step = step_from(denoiser, x, sigma, sigma_next, solver, past, noise, index)
        yield step
        past.appendleft(step)
        x = step.x_next
    if denoise_to_zero:
        sigma = levels[-1]
        with torch.set_grad_enabled(is_traced(sigma)):
            denoised = denoise(denoiser, x, sigma)
        last = len(levels) - 1
        yield Step(index=last, sigma=sigma, sigma_next=0.0, x=x, denoised=denoised, start=x, x_next=denoised)


def step_from(
    denoiser: Denoiser,
    x: torch.Tensor,
    sigma: float,
    sigma_next: float,
    solver: Solver,
    past: Iterable[Step] = (),
    noise: Noise | None = None,
    index: int = 0,
) -> Step:
    """One step of a solver from any state x [N, ...] at sigma; the arguments are those of a walk and not checked.

    `past` are the steps before, the latest first; where there are none the solver makes do without.
    """
    # Closed before a walk yields, or the caller's own gradients would be as these are between steps.
    with torch.set_grad_enabled(is_traced(sigma)):
        denoised = denoise(denoiser, x, sigma)
        z = noise(plain(sigma), plain(sigma_next), x) if solver.stochastic and noise is not None else None
        if z is not None and z.shape != x.shape:  # broadcasting would hide it
            raise ValueError(f"The noise of a step must have x's shape {list(x.shape)}, not {list(z.shape)}.")
        where: dict[str, Any] = {"index": index, "sigma": sigma, "sigma_next": sigma_next, "denoised": denoised}
        at = Start(**where, x=x, denoiser=denoiser, past=tuple(past)[: solver.history], noise=z)
        if solver.correct is not None:
            at = replace(at, x=solver.correct(at))
        return Step(**where, x=x, start=at.x, x_next=solver.step(at))
