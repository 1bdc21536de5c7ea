"""The same starting noise under several schedules, beside the path that many steps would take from it.

Noise shrinks a cloud of points from hundreds to one, so positions are compared as `scaled`: divided by the spread of
the noisy data at their level and multiplied by that of the data. Errors are measured in the same coordinates.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ays_toy.checks import SIGMA_DATA, whole_number
from ays_toy.data.denoisers import Denoiser
from ays_toy.sampling import schedules
from ays_toy.sampling.brownian import Draw, SharedNoise, drawing
from ays_toy.sampling.samplers import Noise, step_from, steps
from ays_toy.sampling.solver_steps import Step
from ays_toy.sampling.solvers import SOLVERS, Solver, find

PARTICLES = 1000
FINE_CALLS = 512  # of the denoiser, for the reference's steps: even in log sigma, and every schedule's levels besides
DOUBTED = 250  # particles that a reference of half as many steps is run for
FEWEST, MOST = 2, 4  # schedules
PATIENT = {True: SOLVERS["stochastic-ddim"], False: SOLVERS["heun"]}  # of the reference, by whether there is noise


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What a solver made of every start: levels [n+1], states [n+1, N, 2], the denoiser's outputs [n, N, 2]."""

    sigmas: np.ndarray
    states: np.ndarray
    denoised: np.ndarray

    @classmethod
    def of(cls, walk: list[Step]) -> "Trajectory":
        """Of a solver's steps from the first to the last."""
        levels = np.array([walk[0].sigma, *(step.sigma_next for step in walk)])
        states = torch.stack([walk[0].x, *(step.x_next for step in walk)])
        return cls(levels, states.cpu().numpy(), torch.stack([step.denoised for step in walk]).cpu().numpy())

    def at(self, sigmas: np.ndarray) -> np.ndarray:
        """The states [k, N, 2] at levels [k] that are among its own."""
        return self.states[np.searchsorted(-self.sigmas, -sigmas)]

    def under_way(self, sigma: float) -> np.ndarray:
        """The states [N, 2] at any level: between its own they go straight in x and sigma, as a step of DDIM does."""
        k = int(np.clip(np.searchsorted(-self.sigmas, -sigma) - 1, 0, self.sigmas.size - 2))
        share = (self.sigmas[k] - sigma) / (self.sigmas[k] - self.sigmas[k + 1])
        return (1 - share) * self.states[k] + share * self.states[k + 1]


@dataclass(frozen=True, eq=False)
class Curve:
    """A root mean square over particles by noise level: levels [k], values [k], standard errors [k]."""

    sigmas: np.ndarray
    rms: np.ndarray
    stderr: np.ndarray

    @classmethod
    def of(cls, sigmas: np.ndarray, off: np.ndarray) -> "Curve":
        """Of differences [k, N, 2] between states, measured in scaled coordinates."""
        squares = np.square(scaled(off, sigmas)).sum(axis=2)
        rms, spread = np.sqrt(squares.mean(axis=1)), squares.std(axis=1, ddof=1) / np.sqrt(squares.shape[1])
        return cls(sigmas, rms, np.divide(spread, 2 * rms, out=np.zeros_like(rms), where=rms > 0))


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Trajectories by schedule from the same noise, the reference, and how far from it each was led.

    `local` is the error of each step alone, taken from the reference's own state, at the level that the step leads to;
    `distance` is what has come of them at each level below the first. `doubt` is how far a reference of half as many
    steps lies from this one: distances of that size mean nothing.
    """

    solver: Solver
    paths: Mapping[str, Trajectory]
    reference: Trajectory
    local: Mapping[str, Curve]
    distance: Mapping[str, Curve]
    doubt: Curve

    @property
    def particles(self) -> int:
        """How many starts there are."""
        return self.reference.states.shape[1]

    def end_distances(self, path: int) -> dict[str, float]:
        """How far from the reference path 1, 2, … ends under each schedule; ValueError where there is no such path."""
        k = whole_number(path, "The path to follow", 1, self.particles) - 1
        end = self.reference.states[-1, k]
        return {name: float(np.linalg.norm(one.states[-1, k] - end)) for name, one in self.paths.items()}


def scaled(x: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """States [k, N, 2] at levels [k] times c / sqrt(sigma^2 + c^2), c the data's std: as wide as the data always."""
    return x * (SIGMA_DATA / np.hypot(sigmas, SIGMA_DATA))[:, None, None]


def follow(
    denoiser: Denoiser,
    named: Mapping[str, Any],
    solver: str = "ddim",
    *,
    generator: torch.Generator | Draw,
    n: int = PARTICLES,
    fine_calls: int = FINE_CALLS,
) -> Trajectories:
    """Carry n starts down each of the named schedules [m+1] and down many steps, all with the same noise.

    The reference of a solver of the ODE takes Heun's steps, that of a stochastic one Stochastic-DDIM's along the same
    Brownian path. Noise comes from the generator, or by level, as a browser has it too, from `counter_noise.LevelNoise`
    of n points. ValueError unless there are two to four schedules of equally many steps between the same two ends,
    fine_calls is a multiple of 4, and n at least 2.
    """
    chosen, levels = find(solver), _comparable(named)
    count = whole_number(n, "The number of particles", 2)
    patient = PATIENT[chosen.stochastic]
    quarter = whole_number(fine_calls / 4, "A quarter of the reference's denoiser calls", 1)
    first = next(iter(levels.values()))
    high, low = float(first[0]), float(first[-1])
    x_T = high * drawing(generator, (count, 2))(high)
    fine = schedules.logsnr(4 * quarter // patient.calls_per_step, low, high)
    noise = SharedNoise(x_T.shape, high, generator, fine) if chosen.stochastic else None

    def walk(x: torch.Tensor, sigmas: np.ndarray, name: str) -> Trajectory:
        return Trajectory.of(list(steps(_single(denoiser), x, sigmas, name, noise=noise)))

    paths = {name: walk(x_T, sigmas, solver) for name, sigmas in levels.items()}
    everywhere = np.unique(np.concatenate([fine, *levels.values()]))[::-1]
    reference = walk(x_T, everywhere, patient.name)
    half = walk(x_T[:DOUBTED], fine[::2], patient.name)
    doubt = half.states[1:] - reference.at(half.sigmas[1:])[:, :DOUBTED]
    return Trajectories(
        chosen,
        paths,
        reference,
        {name: _local_errors(denoiser, reference, s, chosen, noise, x_T.device) for name, s in levels.items()},
        {name: Curve.of(p.sigmas[1:], p.states[1:] - reference.at(p.sigmas[1:])) for name, p in paths.items()},
        Curve.of(half.sigmas[1:], doubt),
    )


def _comparable(named: Mapping[str, Any]) -> dict[str, np.ndarray]:
    whole_number(len(named), "The number of schedules side by side", FEWEST, MOST)
    levels = {name: schedules.validate(sigmas) for name, sigmas in named.items()}
    if len({sigmas.size for sigmas in levels.values()}) > 1:
        raise ValueError("Schedules are compared at equally many steps: give all of them the same number.")
    if len({(sigmas[0], sigmas[-1]) for sigmas in levels.values()}) > 1:
        raise ValueError("Schedules are compared over the same range: let all begin and end at the same noise levels.")
    return levels


def _single(denoiser: Denoiser) -> Denoiser:
    """The denoiser in float32, which networks need and all can do; the states around it stay in float64."""
    return lambda x, sigma: denoiser(x.float(), sigma)


def _local_errors(
    denoiser: Denoiser,
    reference: Trajectory,
    sigmas: np.ndarray,
    solver: Solver,
    noise: Noise | None,
    device: torch.device,
) -> Curve:
    """The error of every step of a schedule, taken from the reference; multistep solvers look back along it."""
    states, off = torch.as_tensor(reference.at(sigmas), device=device), []
    past: deque[Step] = deque(maxlen=solver.history)
    for k in range(sigmas.size - 1):
        one = step_from(_single(denoiser), states[k], float(sigmas[k]), float(sigmas[k + 1]), solver, past, noise, k)
        off.append(one.x_next - states[k + 1])
        past.appendleft(replace(one, start=states[k], x_next=states[k + 1]))
    return Curve.of(sigmas[1:], torch.stack(off).cpu().numpy())
