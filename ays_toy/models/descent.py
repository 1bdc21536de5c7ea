"""The one loop that trains a network: a generator of what it has reached, which the caller may stop at any step.

Adam, a warm-up and a decay of its learning rate, an exponential moving average of the weights.
"""

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import NamedTuple, Protocol

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from ays_toy.checks import whole_number
from ays_toy.models.adam import Adam

Rate = Callable[[int], float]  # what the highest learning rate is multiplied by at a step
State = dict[str, torch.Tensor]

WARM_UP = 100  # steps in which the learning rate rises
DIVERGED = 100.0  # a mean loss above this; the losses here begin between 1 and 2


class Pace(Protocol):
    """How long and how fast, as the configurations of training say it."""

    @property
    def steps(self) -> int:
        """Steps of training."""

    @property
    def learning_rate(self) -> float:
        """The highest."""

    @property
    def ema(self) -> float:
        """The moving average's decay, at most."""


class Reached(NamedTuple):
    """A network after `step` steps: the mean loss since the last regular report, NaN before any step."""

    step: int
    loss: float
    average: nn.Module  # with the moving average of the weights; training goes on changing it
    state: Callable[[], State]  # copies of all that going on from here takes


def cosine(steps: float) -> Rate:
    """A rate that falls as a cosine, to zero at that step."""
    return lambda step: 0.5 * (1 + math.cos(math.pi * step / steps))


def level_then_down(steps: int, descent: int) -> Rate:
    """A rate that stays level until the last steps, `descent` of them, in which it falls to zero on a line.

    Where to end may so be decided late: what was trained until then is the same for every end (Hägele et al. 2024).
    """
    return lambda step: min(1.0, (steps - step) / max(1, descent))


def descend(
    net: nn.Module,
    loss_of_batch: Callable[[], torch.Tensor],
    pace: Pace,
    *,
    every: int,
    rate: Rate | None = None,
    stop: Callable[[], bool] = lambda: False,
    start: State | None = None,
) -> Iterator[Reached]:
    """Train, reporting at the start, every `every` steps and at the end; the rate is a cosine if no other is given.

    `start` is the state of a regular report, of a network of the same shape: the run goes on from there to the bit.

    `stop` is asked before every step; where it says True, one more report of what was reached is yielded. Iterated
    again once `stop` has become False, the run goes on as if it had never stopped; otherwise it ends. Raises
    ValueError where training diverges.
    """
    every = whole_number(every, "The number of steps between snapshots", 1)
    steps, rate = pace.steps, rate or cosine(pace.steps)
    average = deepcopy(net).requires_grad_(False)
    weights, averages = ([p.detach() for p in one.parameters()] for one in (net, average))
    optimizer = Adam(net.parameters())
    changing = _named({"network": weights, "average": averages} | optimizer.state)
    if start is not None:
        _restore(changing, start)
    zero = torch.zeros((), device=next(net.parameters()).device)
    total, since, step = zero, 0, int(optimizer.state["steps"][0])
    while True:
        done, stopped = step >= steps, stop()
        regular = done or step % every == 0
        if regular or stopped:
            mean = float(total) / since if since else math.nan
            if since and not mean < DIVERGED:  # NaN too
                raise ValueError(f"Training diverged before step {step}: lower the learning rate and start again.")
            yield Reached(step, mean, average, lambda: {name: one.clone() for name, one in changing.items()})
            if done or (stopped and stop()):
                return
        if regular:
            total, since = zero, 0
        loss = loss_of_batch()
        optimizer.clear()
        loss.backward()
        risen = min(1.0, (step + 1) / min(WARM_UP, steps))
        optimizer.step(pace.learning_rate * (risen * rate(step)))
        # Early on a short memory, so that a brief run does not average over its own beginning; none at the first step.
        memory = min(pace.ema, (1 + step) / (10 + step)) if step else 0.0
        get_ema_multi_avg_fn(memory)(averages, weights, step)
        total = total + loss.detach()
        step, since = step + 1, since + 1


def _named(groups: dict[str, list[torch.Tensor]]) -> State:
    return {f"{group}.{k}": one for group, tensors in groups.items() for k, one in enumerate(tensors)}


@torch.no_grad()
def _restore(changing: State, start: State) -> None:
    """Fill what changes with what it was; ValueError where the two are not of one network."""
    if {name: one.shape for name, one in changing.items()} != {name: one.shape for name, one in start.items()}:
        raise ValueError("This state of a training does not belong to a network of this shape.")
    for name, one in changing.items():
        one.copy_(start[name])
