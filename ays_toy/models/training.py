"""Training a small denoiser: a generator of frozen snapshots that the caller may stop at any step.

EDM's loss weighting and log-normal noise distribution (Karras et al. 2022, Sec. 5 and Table 1); by the loop of
`descent`. The same seed gives the same bits on one device (and number of threads).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import torch

from ays_toy.checks import SIGMA_DATA, SIGMA_MAX, SIGMA_MIN, real_number, whole_number
from ays_toy.data.datasets import Dataset
from ays_toy.data.denoisers import Denoiser
from ays_toy.models.descent import descend
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.threads import each_on_one_thread

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides the outcome of a training run, besides the data.

    p_mean and p_std are EDM's log-normal noise distribution, wider here than its 1.2: 2D data have finer detail than
    images, and the ends of the range, 0.002 to 80, would hardly be seen.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    steps: int = 4000
    batch: int = 512
    learning_rate: float = 2e-3
    ema: float = 0.999
    p_mean: float = -1.2
    p_std: float = 1.8
    seed: int = 0

    def __post_init__(self) -> None:
        whole_number(self.steps, "The number of training steps", 1, 1_000_000)
        whole_number(self.batch, "The batch size", 1, 65_536)
        whole_number(self.seed, "The seed", 0, 2**31 - 1)
        real_number(self.learning_rate, "The learning rate", 1e-7, 1.0)
        real_number(self.ema, "The moving average's decay", 0.0, 0.99999)
        real_number(self.p_mean, "The mean of log sigma", -6.0, 4.0)
        real_number(self.p_std, "The std of log sigma", 0.05, 4.0)


class ExcessLoss:
    """Denoising error above the Bayes optimum, relative to it, averaged over levels even in log sigma.

    By the Pythagorean rule E||x0 - D||^2 = E||x0 - D*||^2 + E||D - D*||^2, so the excess is measured without the noise
    of the first term. Separate points have next to no Bayes error at little noise; there the excess is relative to 1 %
    of the best linear denoiser's error.
    """

    def __init__(self, dataset: Dataset, generator: torch.Generator, points: int = 1024, levels: int = 24) -> None:
        exact = dataset.denoiser()
        self.sigmas = torch.logspace(math.log10(SIGMA_MIN), math.log10(SIGMA_MAX), levels).tolist()
        self._cases: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        for sigma in self.sigmas:
            x0 = dataset.sample(points, generator)
            x = x0 + sigma * torch.randn(x0.shape, generator=generator, device=x0.device)
            best = exact(x, sigma)
            linear = x0.shape[1] / (sigma**-2 + SIGMA_DATA**-2)
            bayes = (best - x0).square().sum(1).double().mean()
            self._cases.append((x, best, bayes.clamp(min=0.01 * linear)))

    @torch.no_grad()
    def by_level(self, denoiser: Denoiser) -> torch.Tensor:
        """Relative excess error [levels] of a denoiser at each of `sigmas` (float64)."""
        errors = [
            (denoiser(x, sigma) - best).square().sum(1).double().mean() / bayes
            for sigma, (x, best, bayes) in zip(self.sigmas, self._cases, strict=True)
        ]
        return torch.stack(errors)

    def __call__(self, denoiser: Denoiser) -> float:
        """Return the relative excess error averaged over the levels."""
        return float(self.by_level(denoiser).mean())


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Training after `step` of `steps`: the mean loss since the last regular one, and the weights."""

    step: int
    steps: int
    loss: float  # EDM-weighted, summed over dimensions: 2 for a denoiser that returns c_skip x; NaN before any step
    weights: Weights  # of the moving average
    network: NetworkConfig
    measure: ExcessLoss

    @cached_property
    def denoiser(self) -> MLPDenoiser:
        """The denoiser with these weights, frozen."""
        return denoiser_from(self.weights, self.network, next(iter(self.weights.values())).device)

    @cached_property
    def excess(self) -> float:
        """Its error over the least possible one: measured when it is asked for, in the time of ten steps."""
        return self.measure(self.denoiser)


def edm_loss(net: MLPDenoiser, x0: torch.Tensor, config: TrainingConfig, generator: torch.Generator) -> torch.Tensor:
    """EDM's weighted denoising loss on clean points x0 [B, 2], a scalar (Karras et al., Eq. 2 and Table 1)."""
    noise = torch.randn(len(x0), 3, generator=generator, device=x0.device)
    sigma = (config.p_mean + config.p_std * noise[:, 2]).exp()
    weight = (sigma**2 + SIGMA_DATA**2) / (sigma * SIGMA_DATA) ** 2
    error = net(x0 + sigma[:, None] * noise[:, :2], sigma) - x0
    return (weight * error.square().sum(1)).mean()


def train(
    dataset: Dataset,
    config: TrainingConfig | None = None,
    *,
    device: str | torch.device = "cpu",
    every: int = 100,
    stop: Callable[[], bool] = lambda: False,
    start: Weights | None = None,
) -> Iterator[Snapshot]:
    """Train an MLP denoiser on a data set, yielding a snapshot at the start, every `every` steps and at the end.

    `stop` is as in `descent.descend`. `start` are weights to begin from, of a network of the same shape. Raises
    ValueError where training diverges, and for weights that do not fit.
    """
    config = config or TrainingConfig()
    generator = torch.Generator(device).manual_seed(config.seed)
    net = MLPDenoiser(config.network, generator)
    if start is not None:
        _fill(net, start)
    measure = ExcessLoss(dataset, torch.Generator(device).manual_seed(config.seed + 1))

    def loss() -> torch.Tensor:
        return edm_loss(net, dataset.sample(config.batch, generator), config, generator)

    run = descend(net, loss, config, every=every, stop=stop)
    for reached in each_on_one_thread(run, config.batch * config.network.width):
        weights = {name: value.clone() for name, value in reached.average.state_dict().items()}
        yield Snapshot(reached.step, config.steps, reached.loss, weights, config.network, measure)


def denoiser_from(weights: Weights, config: NetworkConfig, device: str | torch.device = "cpu") -> MLPDenoiser:
    """A frozen denoiser with these weights; ValueError where they do not fit the configuration."""
    net = MLPDenoiser(config, torch.Generator(device))
    _fill(net, weights)
    return net.eval().requires_grad_(False)


def _fill(net: MLPDenoiser, weights: Weights) -> None:
    try:
        net.load_state_dict({name: value.float() for name, value in weights.items()})
    except RuntimeError as error:
        raise ValueError("These weights do not belong to a network of this width and depth.") from error
