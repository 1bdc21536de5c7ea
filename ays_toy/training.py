"""Training a small denoiser: a generator of frozen snapshots that the caller may stop at any step.

EDM's loss weighting and log-normal noise distribution (Karras et al. 2022, Sec. 5 and Table 1), Adam with cosine decay,
exponential moving average of the weights. The same seed gives the same bits on one device (and number of threads).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ays_toy.checks import SIGMA_DATA, SIGMA_MAX, SIGMA_MIN, real_number, whole_number
from ays_toy.datasets import Dataset
from ays_toy.denoisers import Denoiser
from ays_toy.networks import MLPDenoiser, NetworkConfig

WARM_UP = 100  # steps in which the learning rate rises
DIVERGED = 100.0  # a mean loss above this; an untrained network has 2
Weights = dict[str, torch.Tensor]
Tensors = tuple[torch.Tensor, ...] | list[torch.Tensor]


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


@dataclass(frozen=True)
class Snapshot:
    """Training after `step` of `steps`: mean loss since the last regular one, excess over the Bayes error, weights."""

    step: int
    steps: int
    loss: float  # EDM-weighted, summed over dimensions: 2 for a denoiser that returns c_skip x; NaN before any step
    excess: float  # see ExcessLoss
    weights: Weights | None  # of the moving average


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


def edm_loss(net: MLPDenoiser, x0: torch.Tensor, config: TrainingConfig, generator: torch.Generator) -> torch.Tensor:
    """EDM's weighted denoising loss on clean points x0 [B, 2], a scalar (Karras et al., Eq. 2 and Table 1)."""
    noise = torch.randn(len(x0), 3, generator=generator, device=x0.device)
    sigma = (config.p_mean + config.p_std * noise[:, 2]).exp()
    weight = (sigma**2 + SIGMA_DATA**2) / (sigma * SIGMA_DATA) ** 2
    error = net(x0 + sigma[:, None] * noise[:, :2], sigma) - x0
    return (weight * error.square().sum(1)).mean()


class _Run:
    """Network, moving average and optimizer of one run."""

    def __init__(self, config: TrainingConfig, device: str | torch.device, start: Weights | None) -> None:
        self.config = config
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self.net = MLPDenoiser(config.network, self.generator)
        if start is not None:
            _fill(self.net, start)
        self.average = AveragedModel(self.net, multi_avg_fn=self._average_in)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), fused=True)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)

    def _rate(self, step: int) -> float:
        warm = min(1.0, (step + 1) / min(WARM_UP, self.config.steps))
        return warm * 0.5 * (1 + math.cos(math.pi * step / self.config.steps))

    def _average_in(self, average: Tensors, current: Tensors, count: torch.Tensor | int) -> None:
        # Early on a short memory, so that a brief run does not average over its own beginning.
        decay = min(self.config.ema, (1 + int(count)) / (10 + int(count)))
        get_ema_multi_avg_fn(decay)(average, current, count)

    def step(self, x0: torch.Tensor) -> torch.Tensor:
        loss = edm_loss(self.net, x0, self.config, self.generator)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.average.update_parameters(self.net)
        return loss.detach()

    def weights(self) -> Weights:
        return {name: value.detach().clone() for name, value in self.average.module.state_dict().items()}


def train(
    dataset: Dataset,
    config: TrainingConfig | None = None,
    *,
    device: str | torch.device = "cpu",
    every: int = 100,
    weights: bool = False,
    stop: Callable[[], bool] = lambda: False,
    start: Weights | None = None,
) -> Iterator[Snapshot]:
    """Train an MLP denoiser on a data set, yielding a snapshot at the start, every `every` steps and at the end.

    `stop` is asked before every step; where it says True, one more snapshot of what was reached is yielded. Iterated
    again once `stop` has become False, the run goes on as if it had never stopped; otherwise it ends. `start` are
    weights to begin from, of a network of the same shape. The last snapshot, one at a stop and, with weights=True, all
    carry weights. Raises ValueError where training diverges, and for weights that do not fit.
    """
    config = config or TrainingConfig()
    every = whole_number(every, "The number of steps between snapshots", 1)
    run = _Run(config, device, start)
    excess = ExcessLoss(dataset, torch.Generator(device).manual_seed(config.seed + 1))
    total, since, step = torch.zeros((), device=device), 0, 0
    while True:
        done, stopped = step == config.steps, stop()
        regular = done or step % every == 0
        if regular or stopped:
            mean = float(total) / since if since else math.nan
            if since and not mean < DIVERGED:  # NaN too
                raise ValueError(f"Training diverged before step {step}: lower the learning rate and start again.")
            kept = run.weights() if weights or done or stopped else None
            yield Snapshot(step, config.steps, mean, excess(run.average.module), kept)
            if done or (stopped and stop()):
                return
        if regular:
            total, since = torch.zeros((), device=device), 0
        total += run.step(dataset.sample(config.batch, run.generator))
        step, since = step + 1, since + 1


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
