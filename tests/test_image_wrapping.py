"""Any denoiser as an image model: priced, searched, chosen, sampled, compared and exported like one that was loaded."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ays_toy import images, optimize
from ays_toy.exchange import export
from ays_toy.images import collect, compared, optimizing, sampling, sources
from ays_toy.images.scores import Judge
from ays_toy.pricing import klub
from ays_toy.sampling import schedules

SHAPE, C = (2, 4, 4), 0.5
RANGE = {"shape": SHAPE, "sigma_min": 0.02, "sigma_max": 20.0}


class Network(torch.nn.Module):
    """The denoiser of Gaussian images of that std, as a convolution that somebody trained in another house."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = torch.nn.Conv2d(2, 2, 1, bias=False)
        torch.nn.init.dirac_(self.mix.weight)
        self.rows: list[int] = []

    def forward(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        self.rows.append(len(x))
        level = torch.as_tensor(sigma).reshape(-1, 1, 1, 1)
        return (C**2 / (C**2 + level**2)).to(x) * self.mix(x)


@pytest.fixture(scope="module")
def clean() -> torch.Tensor:
    return C * torch.randn(256, *SHAPE, generator=torch.Generator().manual_seed(0))


def test_it_is_priced_searched_chosen_sampled_compared_and_exported(clean):
    model = images.wrap(Network(), **RANGE, x0=clean)
    assert model.sigma_data == pytest.approx(C, rel=0.02)
    source = sources.find(model, 128)
    assert source.about == "128 paths from the clean images of Your model"
    gram = collect.collect(model, source.x0, collect.grid_for(model, 48))
    edm = schedules.edm(6, 0.02, 20.0)
    assert gram.klub(edm) == pytest.approx(klub.gaussian_klub(edm, C, 32), rel=0.1)
    judge, plan = Judge(model), replace(optimize.NEAR, rounds=((64, 1),) * 4, effort=optimize.Effort(3, 64))

    def found(method: str) -> optimizing.Finding:
        search = optimizing.Search("ddim", 6, method, "frechet-pixels", plan=plan, start="edm")
        *_, last = optimizing.find(judge, gram, source.x0, search)
        return last

    best, ays, choice = (found(method) for method in ("klub-optimum", "ays", "choice"))
    assert gram.klub(best.sigmas) < gram.klub(ays.sigmas) < gram.klub(edm)
    assert choice.choice is not None
    assert choice.choice.best.score.value <= choice.choice.baseline.score.value
    assert "Fréchet distance in pixels" in choice.choice.reason
    named = compared.named(model, gram, 6, [choice, ays, best])
    assert list(named)[:3] == ["choice", "ays", "klub-optimum"]
    drawn = sampling.draw_samples(model, choice.sigmas, "dpmpp-2m", seed=7, n=256)
    assert float(drawn.std()) == pytest.approx(C, rel=0.1)
    far = judge.measure(3 * drawn, "frechet-pixels", 7)
    assert far.exceeds(judge.measure(drawn, "frechet-pixels", 7)), "the distance is to what it was wrapped with"
    assert len(export.as_comfyui(choice.sigmas, model).split(", ")) == 7


def test_a_model_without_data_starts_from_its_own_samples():
    model = images.wrap(Network(), **RANGE)
    assert model.sigma_data == 0.5
    assert "own many-step samples" in sources.find(model, 8).about


def test_rows_go_through_it_a_batch_at_a_time_with_their_own_levels_and_without_a_graph(clean):
    network = Network()
    model = images.wrap(network, **RANGE, x0=clean, batch=100)
    sigma = torch.linspace(0.1, 10, 256, dtype=torch.float64)
    network.rows.clear()
    answer = model.denoiser(clean.double(), sigma)
    assert network.rows == [100, 100, 56]
    assert answer.dtype == torch.float64
    assert not answer.requires_grad
    np.testing.assert_allclose(answer, clean * (C**2 / (C**2 + sigma**2)).reshape(-1, 1, 1, 1), rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"denoiser": "digits"}, "must be callable as denoiser"),
        ({"shape": (2, 4)}, "three whole numbers, channels, height and width"),
        ({"shape": 16}, "three whole numbers"),
        ({"shape": (2, 0, 4)}, "three whole numbers"),
        ({"sigma_min": 30.0}, "must be below sigma_max"),
        ({"sigma_min": 0.0}, "sigma_min must be a number"),
        ({"batch": 0}, "The batch must be a whole number"),
        ({"x0": torch.zeros(64, 2, 4, 5)}, r"must be a tensor \[N, 2, 4, 4\]"),
        ({"x0": torch.zeros(39, *SHAPE)}, "N at least 40"),
        ({"x0": torch.full((64, *SHAPE), torch.nan)}, "finite numbers"),
        ({"x0": np.zeros((64, *SHAPE))}, "must be a tensor"),
        (
            {"denoiser": lambda x, _: x[:, :1]},
            r"answer x \[1, 2, 4, 4\] with a tensor of its shape, not a tensor \[1, 1",
        ),
        ({"denoiser": lambda x, _: (x,)}, "of its shape, not tuple"),
        ({"denoiser": lambda x, _: x / 0}, "something else than finite numbers"),
        ({"denoiser": lambda x, sigma, t: x + sigma + t}, "cannot denoise an array of 2×4×4"),
    ],
)
def test_what_does_not_fit_is_a_sentence(changes, sentence):
    arguments = {"denoiser": Network(), **RANGE, **changes}
    with pytest.raises(ValueError, match=sentence) as raised:
        images.wrap(arguments.pop("denoiser"), **arguments)
    assert "\n" not in str(raised.value)
