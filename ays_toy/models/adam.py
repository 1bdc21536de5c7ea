"""torch's Adam without `torch.optim.Adam`: to build that imports torch's compiler, 800 modules, some seconds."""

from collections.abc import Iterable

import torch
from torch.optim.adam import adam

BETAS, EPS = (0.9, 0.99), 1e-8


class Adam:
    """Adam (Kingma & Ba 2015) on parameters of a network, as `torch.optim.Adam(…, betas=BETAS, fused=True)`."""

    def __init__(self, parameters: Iterable[torch.Tensor]) -> None:
        self._parameters = list(parameters)
        self._means, self._squares = ([torch.zeros_like(one) for one in self._parameters] for _ in range(2))
        self._steps = [torch.zeros((), device=one.device) for one in self._parameters]

    @property
    def state(self) -> dict[str, list[torch.Tensor]]:
        """All that a step changes beside the parameters, a tensor for each of them: the optimizer's own, not copies."""
        return {"mean": self._means, "square": self._squares, "steps": self._steps}

    def clear(self) -> None:
        """Forget the gradients of the step before."""
        for one in self._parameters:
            one.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move the parameters along their gradients, at that learning rate."""
        adam(
            self._parameters,
            [one.grad for one in self._parameters if one.grad is not None],
            self._means,
            self._squares,
            [],
            self._steps,
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=rate,
            weight_decay=0.0,
            eps=EPS,
            maximize=False,
        )
