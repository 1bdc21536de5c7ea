"""Schedulers of diffusers that a program defines itself: for flows, and for networks that EDM preconditions.

Diffusers' own take no levels of somebody's choice there, or have no class for the solver. One text of each step serves
both; what differs is how x and the clean data come from the scheduler's own coordinate.
"""

from typing import Any

from ays_toy.sampling.counterparts import Scheduler

_FINAL = {"shift": 1.0}  # levels are final: nothing shifts them
FLOW = Scheduler("FlowMatchEulerDiscreteScheduler", "sigmas", _FINAL, process="flow")
_FLOW = """\
class {name}(FlowMatchEulerDiscreteScheduler):  # diffusers' own takes no levels of a flow
    def set_timesteps(self, num_inference_steps=None, device=None, sigmas=None, mu=None):
        super().set_timesteps(num_inference_steps, device, sigmas, mu)
        self.past = []{set}

    def step(self, model_output, timestep, sample, generator=None, return_dict=True, **named):
        made = super().step(model_output, timestep, sample)
        s, s_next = self.sigmas[self.step_index - 1 : self.step_index + 1]
        sigma, sigma_next = s / (1 - s), s_next / (1 - s_next)
        x, clean = sample.float() / (1 - s), sample.float() - s * model_output.float()  # x = clean + sigma noise
{step}
        made.prev_sample = ((1 - s_next) * x).to(model_output.dtype)
        return made if return_dict else (made.prev_sample,)
"""
_PRECONDITIONED = """\
class {name}(EDMEulerScheduler):  # diffusers' own chooses its levels itself
    init_noise_sigma = property(lambda self: self.sigmas[0])

    def set_timesteps(self, num_inference_steps=None, device=None, sigmas=None):
        super().set_timesteps(len(sigmas) - 1, device)
        self.sigmas = torch.tensor(sigmas)
        self.timesteps = self.precondition_noise(self.sigmas[:-1]).to(device)
        self.past = []{set}

    def step(self, model_output, timestep, sample, generator=None, return_dict=True, **named):
        made = super().step(model_output, timestep, sample)
        s, s_next = sigma, sigma_next = self.sigmas[self.step_index - 1 : self.step_index + 1]
        x, clean = sample.float(), made.pred_original_sample.float()
{step}
        made.prev_sample = x.to(model_output.dtype)
        return made if return_dict else (made.prev_sample,)
"""
_ALONG_SLOPE = """\
        x = clean + sigma_next / sigma * (x - clean)"""
_TWO = """\
        held, h = clean, (sigma / sigma_next).log()
        if self.past and s_next > 0:
            last, h_last = self.past
            held = clean + h / (2 * h_last) * (clean - last)
        self.past = clean, h
"""
_ALONG_ODE = """\
        x = held + sigma_next / sigma * (x - held)"""
_ALONG_SDE = """\
        r, noise = (sigma_next / sigma) ** 2, torch.randn(x.shape, generator=generator).to(x)
        x = r * x + (1 - r) * held + sigma_next * (1 - r) ** 0.5 * noise"""
_SLOPES = """\
        self.past = [(x - clean) / sigma, *self.past[:2]]
        weights = {1: [1], 2: [3 / 2, -1 / 2], 3: [23 / 12, -16 / 12, 5 / 12]}[len(self.past) if s_next > 0 else 1]
        x = x + (sigma_next - sigma) * sum(weight * slope for weight, slope in zip(weights, self.past))"""


_THREE = """\
        held, h, e = clean, (sigma / sigma_next).log(), 2 * (sigma / sigma_next).log()
        if self.past and s_next > 0:
            (last, h_last), *older = self.past
            first, mean = (clean - last) * (h / h_last), 1 / (1 - (-e).exp()) - 1 / e
            held = clean + mean * first
            if older:
                bend = (first - (last - older[0][0]) * (h / older[0][1])) * (h / (h_last + older[0][1]))
                held = clean + mean * (first + bend * (h_last / h)) + 0.5 * (mean + 1 / e - 2 / e * mean) * bend
        self.past = [(clean, h), *self.past[:1]]
"""
_CORRECTED = """\
        held, h, corrected = clean, (sigma / sigma_next).log(), x
        if self.past:
            (last, h_last, start), *older = self.past
            rise, mean = clean - last, 1 / (1 - (-h_last).exp()) - 1 / h_last
            meant = last + 0.5 * rise
            if older:
                back = older[0][1] / h_last
                bend = (rise - (last - older[0][0]) / back) / (1 + back)
                square = mean + 1 / h_last - 2 / h_last * mean
                meant = last + mean * (rise - bend) + square * bend
            corrected = meant + (-h_last).exp() * (start - meant)
            held = clean + (h / (2 * h_last) * rise if s_next > 0 else 0)
        self.past, x = [(clean, h, corrected), *self.past[:1]], corrected
"""
_TWICE = """
        self.timesteps = torch.cat([self.timesteps[:1], self.timesteps[1:].repeat_interleave(2)])
        self.sigmas = torch.cat([self.sigmas[:1], self.sigmas[1:-1].repeat_interleave(2), self.sigmas[-1:]])"""
_HEUN = """\
        slope = (x - clean) / sigma
        if s_next == s:  # a step's other half, at its end
            x, before, first = self.past
            x = x + (sigma - before) * (first + slope) / 2
        else:
            self.past, x = (x, sigma, slope), x + (sigma_next - sigma) * slope"""


def _defined(lines: str, name: str, step: str, also: str = "", order: int = 1) -> str:
    """The class of that name which makes the step; `also` is what it does when its levels are set."""
    lines = lines.replace("{set}", also).replace("{step}", step).replace("{name}", name)
    if order > 1:  # calls of the network a step
        head, body = lines.split("\n", 1)
        lines = f"{head}\n    order = {order}\n\n{body}"
    return lines


def _for_flows(name: str, *made: Any) -> Scheduler:
    parent = "FlowMatchEulerDiscreteScheduler"
    return Scheduler(name, "sigmas", _FINAL, parent, _defined(_FLOW, name, *made), process="flow")


def _preconditioned(name: str, *made: Any) -> Scheduler:
    return Scheduler(name, "sigmas", {}, "EDMEulerScheduler", _defined(_PRECONDITIONED, name, *made), process="edm")


def _both(name: str, *made: Any) -> tuple[Scheduler, Scheduler]:
    """The step's class for flows, and for what EDM preconditions."""
    return _for_flows(f"Flow{name}", *made), _preconditioned(f"EDM{name}", *made)


EDM = _preconditioned("EDMEuler", _ALONG_SLOPE)
FLOW_STOCHASTIC, EDM_STOCHASTIC = _both("Ancestral", "        held = clean\n" + _ALONG_SDE)
FLOW_2M, EDM_2M = _both("DPMSolver2M", _TWO + _ALONG_ODE)
FLOW_SDE_2M, EDM_SDE_2M = _both("DPMSolver2MSDE", _TWO + _ALONG_SDE)
FLOW_SDE_3M, EDM_SDE_3M = _both("DPMSolver3MSDE", _THREE + _ALONG_SDE)
FLOW_UNIPC, EDM_UNIPC = _both("UniPC2", _CORRECTED + _ALONG_ODE)
FLOW_IPNDM, EDM_IPNDM = _both("IPNDM3", _SLOPES)
FLOW_HEUN, EDM_HEUN = _both("Heun", _HEUN, _TWICE, 2)
