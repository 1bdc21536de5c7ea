"""The schedulers of diffusers that make our solvers' steps, and the samplers of ComfyUI that do.

Two classes take noise levels as they are (`sigmas=`); the others take whole training timesteps (`timesteps=`), so that
levels are moved to the nearest ones. DDIMScheduler takes neither, and needs neither: DDIM is Euler's method in sigma.
Where no class makes a solver's steps at chosen levels, a program defines one of a few lines upon the nearest.
"""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Scheduler:
    """A scheduler of diffusers, the options under which it is one of our solvers, and what it takes levels as.

    `defined` are the lines that make the class `name` from diffusers' own `parent`, where that is another.
    """

    name: str
    takes: str  # sigmas or timesteps
    options: dict[str, Any] = field(default_factory=dict)
    parent: str = ""
    defined: str = ""
    process: Literal["vp", "flow", "edm"] = "vp"  # of its models; levels of flows count as s in [0, 1]

    @property
    def imported(self) -> str:
        """The class of diffusers that a program imports."""
        return self.parent or self.name

    def made(self) -> type[Any]:
        """The class itself, as a program has it."""
        import diffusers
        import torch

        names: dict[str, Any] = {"torch": torch, self.imported: getattr(diffusers, self.imported)}
        exec(self.defined, names)  # our own lines, as printed
        return names[self.name]


@dataclass(frozen=True)
class Sampler:
    """A sampler of ComfyUI by its name there, and how its steps differ from our solver's, as the end of a sentence."""

    name: str
    differs: str = ""
    differs_for_flows: str = ""


_MULTISTEP = {"solver_order": 2, "solver_type": "midpoint", "final_sigmas_type": "zero"}

STOCHASTIC_DDIM = Scheduler("DDPMScheduler", "timesteps", {"variance_type": "fixed_small", "clip_sample": False})
DDIM = Scheduler("EulerDiscreteScheduler", "sigmas", {"timestep_spacing": "trailing"})
SDE_2M = Scheduler("DPMSolverMultistepScheduler", "timesteps", {"algorithm_type": "sde-dpmsolver++"} | _MULTISTEP)
ODE_2M = Scheduler("DPMSolverMultistepScheduler", "timesteps", {"algorithm_type": "dpmsolver++"} | _MULTISTEP)
HEUN = Scheduler("HeunDiscreteScheduler", "timesteps", {"timestep_spacing": "trailing"})

# Their third order ends in "- 0.5" where the method has "+ 0.5", which takes off the whole last term.
SDE_3M = Scheduler(
    "DPMSolver3M",
    "timesteps",
    {"algorithm_type": "sde-dpmsolver++", "solver_order": 3, "solver_type": "heun", "lower_order_final": False},
    parent="DPMSolverMultistepScheduler",
    defined="""\
class DPMSolver3M(DPMSolverMultistepScheduler):  # whose third order has - 0.5 for + 0.5 before its last term
    def multistep_dpm_solver_third_order_update(self, outputs, *others, **named):
        x = super().multistep_dpm_solver_third_order_update(outputs, *others, **named)
        last, now, to = self.step_index - 1, self.step_index, self.step_index + 1
        h, h0, h1 = (self.sigmas[k - 1].log() - self.sigmas[k].log() for k in (to, now, last))
        bend = (outputs[-1] - outputs[-2]) / h0 - (outputs[-2] - outputs[-3]) / h1
        return x + bend * h**2 / (h0 + h1) / (1 + self.sigmas[to] ** 2) ** 0.5
""",
)
UNIPC = Scheduler(
    "UniPCAtTimesteps",
    "timesteps",
    {"solver_order": 2, "solver_type": "bh2", "final_sigmas_type": "zero"},
    parent="UniPCMultistepScheduler",
    defined="""\
class UniPCAtTimesteps(UniPCMultistepScheduler):  # which chooses its timesteps itself
    def set_timesteps(self, num_inference_steps=None, device=None, timesteps=None):
        super().set_timesteps(len(timesteps), device=device)
        trained = ((1 - self.alphas_cumprod) / self.alphas_cumprod) ** 0.5
        self.timesteps = torch.tensor(timesteps, device=device)
        self.sigmas = torch.cat([trained[timesteps], torch.zeros(1)])
""",
)
IPNDM = Scheduler(
    "IPNDM3",
    "sigmas",
    {"timestep_spacing": "trailing"},
    parent="EulerDiscreteScheduler",
    defined="""\
class IPNDM3(EulerDiscreteScheduler):  # diffusers' own iPNDM takes no levels: Euler's, along three slopes
    def set_timesteps(self, num_inference_steps=None, device=None, sigmas=None):
        super().set_timesteps(num_inference_steps, device, sigmas=sigmas)
        self.slopes = []

    def step(self, model_output, timestep, sample, return_dict=True, **named):
        made = super().step(model_output, timestep, sample, **named)
        sigma, sigma_next = self.sigmas[self.step_index - 1 : self.step_index + 1]
        self.slopes = [(sample.float() - made.pred_original_sample) / sigma, *self.slopes[:2]]
        count = len(self.slopes) if sigma_next > 0 else 1
        weights = {1: [1], 2: [3 / 2, -1 / 2], 3: [23 / 12, -16 / 12, 5 / 12]}[count]
        mean = sum(weight * slope for weight, slope in zip(weights, self.slopes))
        made.prev_sample = (sample.float() + (sigma_next - sigma) * mean).to(sample.dtype)
        return made if return_dict else (made.prev_sample,)
""",
)

# --- ComfyUI -------------------------------------------------------------------------------------------------------

_IN_S = "counts its steps in s there, where ours counts in s / (1 - s)"
EULER = Sampler("euler")
EULER_ANCESTRAL = Sampler("euler_ancestral")
DPMPP_2M = Sampler("dpmpp_2m", differs_for_flows=_IN_S)
DPMPP_2M_SDE = Sampler("dpmpp_2m_sde")
DPMPP_3M_SDE = Sampler("dpmpp_3m_sde")
HEUN_THERE = Sampler("heun", differs_for_flows=_IN_S)
UNI_PC = Sampler("uni_pc_bh2", "has an order of up to 3 there, ours 2, and ends at 0.001 in place of zero")
IPNDM_THERE = Sampler("ipndm", "looks back on three slopes there, ours on two", _IN_S)
