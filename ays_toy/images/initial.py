"""Initial weights from a generator of one's own: torch's layers know only the global one."""

import math
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def with_own_weights(build: Callable[[], Network], generator: torch.Generator) -> Network:
    """The network that `build` makes, its weights drawn as torch does by default, but all of them from `generator`.

    Linear and convolutional layers: uniform within 1 / sqrt(fan in), weight and bias; norms: ones and zeros;
    embeddings: normal.
    """
    with torch.device("meta"):  # shapes alone: nothing is drawn
        net = build()
    net.to_empty(device=generator.device)
    for layer in net.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            for values in (layer.weight, layer.bias):
                if values is not None:
                    nn.init.uniform_(values, -bound, bound, generator=generator)
        elif isinstance(layer, nn.Embedding):
            nn.init.normal_(layer.weight, generator=generator)
        elif isinstance(layer, (nn.GroupNorm, nn.LayerNorm)):
            layer.reset_parameters()
        elif [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]:
            raise TypeError(f"There is no rule for the initial weights of {type(layer).__name__}: add one.")
    return net
