"""The solvers, an entry each that holds all that is said of it anywhere, and one way to find it by any of its names."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ays_toy.checks import quoted
from ays_toy.sampling import counterparts, defined_schedulers, solver_steps
from ays_toy.sampling.counterparts import Sampler, Scheduler
from ays_toy.sampling.solver_steps import Start


@dataclass(frozen=True, kw_only=True)
class Solver:
    """A named solver: what it is and where it is from, its step, what that costs, and what stands for it elsewhere.

    `order` is that of its convergence (weak where it is stochastic) on steps that are not even; `history` counts the
    earlier steps that it looks back on. `price` names the solver whose single steps stand for its own when a schedule
    is looked for: itself where they have a price, None where nothing prices them.
    """

    name: str
    title: str
    about: str
    source: str
    step: Callable[[Start], torch.Tensor]
    correct: Callable[[Start], torch.Tensor] | None = None  # what the step goes out from, where that is not x
    stochastic: bool = False
    order: int = 1
    history: int = 0
    calls_per_step: int = 1
    price: str | None = None
    diffusers: Scheduler
    flow: Scheduler  # where a model is a flow
    edm: Scheduler  # where it is preconditioned as EDM's are
    comfyui: Sampler | None = None  # None: it has none
    also: tuple[str, ...] = ()  # its names in other tools, as `plain` has them

    @property
    def words(self) -> str:
        """What it is, and where it is from."""
        return f"{self.about} Source: {self.source}."


SOLVERS: dict[str, Solver] = {
    solver.name: solver
    for solver in (
        Solver(
            name="stochastic-ddim",
            title="Stochastic-DDIM",
            about="Goes to where the denoiser points and adds fresh noise at every step (DDIM with η = 1): the one "
            "that KLUB is about. Step for step the same as Euler ancestral with η = 1, its name in other tools.",
            source="Song et al. 2021, DDIM, Eq. 12",
            step=solver_steps.hold,
            stochastic=True,
            price="stochastic-ddim",
            diffusers=counterparts.STOCHASTIC_DDIM,
            flow=defined_schedulers.FLOW_STOCHASTIC,
            edm=defined_schedulers.EDM_STOCHASTIC,
            comfyui=counterparts.EULER_ANCESTRAL,
            also=("eulera", "eulerancestral", "eulerancestraldiscretescheduler", "ddpm", "ddpmscheduler"),
        ),
        Solver(
            name="ddim",
            title="DDIM",
            about="Euler's method on the ODE: no noise is added, so the starting noise alone decides the sample.",
            source="Song et al. 2021, DDIM, Eq. 12 with η = 0",
            step=solver_steps.hold,
            price="ddim",
            diffusers=counterparts.DDIM,
            flow=defined_schedulers.FLOW,
            edm=defined_schedulers.EDM,
            comfyui=counterparts.EULER,
            also=("euler", "eulerdiscretescheduler", "ddimscheduler", "flowmatcheulerdiscretescheduler"),
        ),
        Solver(
            name="sde-dpmpp-2m",
            title="SDE-DPM-Solver++(2M)",
            about="Stochastic-DDIM with the denoiser's answer extrapolated from the last two steps.",
            source="Lu et al. 2022, DPM-Solver++, its multistep solver for the SDE",
            step=solver_steps.extrapolate,
            stochastic=True,
            order=2,
            history=1,
            price="sde-dpmpp-2m",
            diffusers=counterparts.SDE_2M,
            flow=defined_schedulers.FLOW_SDE_2M,
            edm=defined_schedulers.EDM_SDE_2M,
            comfyui=counterparts.DPMPP_2M_SDE,
            also=("dpmpp2msde", "sdedpmsolverpp2m", "dpmsolverpp2msde"),
        ),
        Solver(
            name="dpmpp-2m",
            title="DPM-Solver++(2M)",
            about="DDIM with the denoiser's answer extrapolated from the last two steps.",
            source="Lu et al. 2022, DPM-Solver++, Alg. 2",
            step=solver_steps.extrapolate,
            order=2,
            history=1,
            price="dpmpp-2m",
            diffusers=counterparts.ODE_2M,
            flow=defined_schedulers.FLOW_2M,
            edm=defined_schedulers.EDM_2M,
            comfyui=counterparts.DPMPP_2M,
            also=("dpmsolverpp2m", "dpmsolvermultistepscheduler"),
        ),
        Solver(
            name="heun",
            title="Heun",
            about="Heun's method on the ODE: two denoiser calls for each step, one at either end.",
            source="Karras et al. 2022, EDM, Alg. 1",
            step=solver_steps.heun,
            order=2,
            calls_per_step=2,
            diffusers=counterparts.HEUN,
            flow=defined_schedulers.FLOW_HEUN,
            edm=defined_schedulers.EDM_HEUN,
            comfyui=counterparts.HEUN_THERE,
            also=("heundiscretescheduler",),
        ),
        Solver(
            name="sde-dpmpp-3m",
            title="SDE-DPM-Solver++(3M)",
            about="Stochastic-DDIM with the denoiser's answer extrapolated from the last three steps, with the weights "
            "of DPM++ 3M SDE in other tools.",
            source="Lu et al. 2022, DPM-Solver++; k-diffusion, sample_dpmpp_3m_sde with η = 1",
            step=solver_steps.third,
            stochastic=True,
            order=2,
            history=2,
            price="sde-dpmpp-2m",
            diffusers=counterparts.SDE_3M,
            flow=defined_schedulers.FLOW_SDE_3M,
            edm=defined_schedulers.EDM_SDE_3M,
            comfyui=counterparts.DPMPP_3M_SDE,
            also=("dpmpp3msde", "sdedpmsolverpp3m", "dpmsolverpp3msde"),
        ),
        Solver(
            name="unipc",
            title="UniPC",
            about="DPM-Solver++(2M), whose every step is made anew, at no further call, once the denoiser's answer at "
            "its end is known (order 2, B(h) = eʰ − 1).",
            source="Zhao et al. 2023, UniPC, Alg. 1 and 2",
            step=solver_steps.extrapolate,
            correct=solver_steps.correct,
            order=3,
            history=2,
            price="dpmpp-2m",
            diffusers=counterparts.UNIPC,
            flow=defined_schedulers.FLOW_UNIPC,
            edm=defined_schedulers.EDM_UNIPC,
            comfyui=counterparts.UNI_PC,
            also=("unipcbh2", "unipcmultistepscheduler"),
        ),
        Solver(
            name="ipndm",
            title="iPNDM",
            about="A straight step along the last three slopes, weighted as if all steps were even (Adams–Bashforth, "
            "of order 3 where they are).",
            source="Zhang & Chen 2023, DEIS, after Liu et al. 2022, PNDM; diff-solvers, ipndm_sampler of order 3",
            step=solver_steps.adams_bashforth,
            order=2,
            history=2,
            price="dpmpp-2m",
            diffusers=counterparts.IPNDM,
            flow=defined_schedulers.FLOW_IPNDM,
            edm=defined_schedulers.EDM_IPNDM,
            comfyui=counterparts.IPNDM_THERE,
            also=("ipndmscheduler",),
        ),
    )
}


def plain(name: str) -> str:
    """A name without what tools spell differently: DPM++ 2M SDE, dpmpp_2m_sde and sample_dpmpp_2m_sde are one."""
    letters = re.sub(r"[^a-z0-9]", "", name.lower().replace("++", "pp"))
    return letters.removeprefix("sample")


def find(name: Any) -> Solver:
    """The solver of that name, ours or another tool's, however it is spelled, or a solver itself.

    ValueError listing ours otherwise.

    Examples:
        >>> solvers.find("DPM++ 2M SDE").name
        'sde-dpmpp-2m'
        >>> solvers.find("heun").calls_per_step
        2
    """
    if isinstance(name, Solver):
        return name
    if isinstance(name, str):
        if name in SOLVERS:
            return SOLVERS[name]
        known = {word: one for one in SOLVERS.values() for word in (plain(one.name), plain(one.title), *one.also)}
        if found := known.get(plain(name)):
            return found
    raise ValueError(f"Unknown solver {quoted(name)}: choose one of {', '.join(SOLVERS)}.")


def priced(stochastic: bool, own: bool = True) -> list[str]:
    """The names of the solvers whose steps have a price, their own or any: along forward paths, or else the ODE.

    Examples:
        >>> solvers.priced(stochastic=True)
        ['stochastic-ddim', 'sde-dpmpp-2m']
    """
    return [
        one.name
        for one in SOLVERS.values()
        if one.stochastic == stochastic and one.price is not None and (one.price == one.name or not own)
    ]


def pricing(solver: str, stochastic: bool, own: bool = False) -> Solver:
    """The solver whose steps' price stands for this one's; ValueError where there is none of that kind."""
    one, fitting = find(solver), priced(stochastic, own)
    if one.price is None or one.name not in fitting:
        kind = "KLUB" if stochastic else "local error along the ODE"
        raise ValueError(f"The steps of {one.title} have no {kind} of their own: choose one of {', '.join(fitting)}.")
    return SOLVERS[one.price]
