"""Several processes as one: who is there under torchrun, and sums over all of them.

torchrun --nproc-per-node 2 -m ays_toy image optimize digits --paths 512
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import distributed


@dataclass(frozen=True)
class Team:
    """This process among those that share the work; the first one, rank 0, prints and writes."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"  # that it computes on

    @property
    def leads(self) -> bool:
        """Whether this is the process that prints and writes."""
        return self.rank == 0

    def sum(self, values: np.ndarray) -> np.ndarray:
        """The sum over all processes of float64 values of one shape, the same on each (all-reduce)."""
        if self.size == 1:
            return values
        tensor = torch.from_numpy(values.astype(np.float64))
        distributed.all_reduce(tensor)
        return tensor.numpy()

    def wait(self) -> None:
        """Go on when all processes have come here."""
        if self.size > 1:
            distributed.barrier()


ALONE = Team()


@contextmanager
def joined() -> Iterator[Team]:
    """The team that torchrun has started, by its environment, or this process alone.

    Each computes on a GPU of its own or, where there are fewer, shares one. What they sum lies in the memory of the
    host, so they talk by Gloo everywhere; NCCL would refuse two processes on one GPU.
    """
    if "RANK" not in os.environ or int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield ALONE
        return
    device = "cpu"
    if torch.cuda.is_available():
        device = f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % torch.cuda.device_count()}"
        torch.cuda.set_device(device)
    distributed.init_process_group("gloo")
    try:
        yield Team(distributed.get_rank(), distributed.get_world_size(), device)
    finally:
        distributed.destroy_process_group()
