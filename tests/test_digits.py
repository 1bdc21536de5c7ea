"""The bundled digits model, and the figures that its images are judged by."""

import math

import numpy as np
import pytest
import torch

from ays_toy import images
from ays_toy.images import classifier, digits, labeled, pretraining, scores
from ays_toy.images.baselines import baselines, even_in_timesteps
from ays_toy.images.initial import with_own_weights
from ays_toy.images.quality import FrechetTo, Gaussian, distance_to, frechet, frechet_distance, pixels
from ays_toy.images.sampling import draw_samples
from ays_toy.sampling import schedules


@pytest.fixture(scope="module")
def model() -> images.ImageModel:
    return images.load("digits", device="cpu")


def normal(mean: np.ndarray, root: np.ndarray, n: int, seed: int) -> torch.Tensor:
    return torch.as_tensor(mean + np.random.default_rng(seed).standard_normal((n, len(mean))) @ root.T)


def test_the_parts_of_the_data_are_apart_and_in_range():
    train, test = labeled.data("digits", "train")[0], labeled.data("digits", "test")[0]
    assert (len(train), len(test)) == (1437, 360)
    assert (float(train.min()), float(train.max())) == (-1.0, 1.0)
    assert torch.cdist(test.flatten(1), train.flatten(1)).min() > 0.1
    with pytest.raises(ValueError, match="'train' and a part 'test'"):
        labeled.data("digits", "validation")


def test_it_ships_small_and_is_what_diffusers_reads(model):
    from diffusers import DDPMPipeline

    assert sum(path.stat().st_size for path in (digits.WEIGHTS / "digits").rglob("*")) < 3_000_000
    pipe = DDPMPipeline.from_pretrained(digits.WEIGHTS / "digits", local_files_only=True)
    pictures = pipe(batch_size=4, num_inference_steps=10, generator=torch.manual_seed(0), output_type="np").images
    assert pictures.shape == (4, 8, 8, 1)
    # One value of the network in diffusers' coordinates is one of the denoiser in ours.
    levels = (1 / pipe.scheduler.alphas_cumprod - 1).sqrt().double()
    np.testing.assert_allclose(model.training_sigmas[::-1], levels.numpy(), rtol=1e-3)  # float32 powers
    sigma, x0 = float(levels[300]), labeled.data("digits", "test")[0][:8]
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(1))
    noisy = pipe.scheduler.add_noise(x0, noise, torch.full((8,), 300))
    velocity = pipe.unet(noisy, 300).sample
    clean = pipe.scheduler.step(velocity, 300, noisy).pred_original_sample
    torch.testing.assert_close(model.denoiser(x0 + sigma * noise, sigma), clean, atol=2e-4, rtol=2e-4)


def test_it_denoises_held_out_images_far_better_than_the_best_linear_denoiser(model):
    train, test = labeled.data("digits", "train")[0].flatten(1), labeled.data("digits", "test")[0]
    fit = Gaussian.of(train)
    for sigma in (0.3, 0.7, 1.5):
        noise = torch.randn(test.shape, generator=torch.Generator().manual_seed(2))
        mse = float((model.denoiser(test + sigma * noise, sigma) - test).square().mean())
        values = np.linalg.eigvalsh(fit.covariance)
        linear = float((values * sigma**2 / (np.maximum(values, 0) + sigma**2)).mean())
        assert mse < 0.9 * linear


def test_many_steps_look_like_digits_to_a_classifier_and_few_bad_steps_do_not(model):
    judge = scores.Judge(model)
    good = draw_samples(model, baselines(model, 30)["gaussian"], "dpmpp-2m", 5, 256)
    bad = draw_samples(model, baselines(model, 3)["edm"], "stochastic-ddim", 5, 256)
    sure = classifier.load()(good).softmax(1).amax(1)
    assert float((sure > 0.5).double().mean()) > 0.8
    for figure in ("frechet", "energy-features", "frechet-pixels"):
        assert judge.measure(good, figure, 5).value < 0.5 * judge.measure(bad, figure, 5).value


def test_noise_depends_on_the_seed_alone(model):
    sigmas = baselines(model, 2)["logsnr"]
    some, more = (draw_samples(model, sigmas, "stochastic-ddim", 9, n) for n in (3, 5))
    assert torch.equal(some, draw_samples(model, sigmas, "stochastic-ddim", 9, 3))
    assert not torch.allclose(some, draw_samples(model, sigmas, "stochastic-ddim", 10, 3))
    assert more.shape == (5, 1, 8, 8)


def test_the_classifier_tells_digits_it_has_not_seen():
    test, truth = labeled.data("digits", "test")
    assert float((classifier.load()(test).argmax(1) == truth).double().mean()) > 0.97


def test_frechet_distance_of_gaussians_is_the_closed_form():
    def gaussian(mean, std):
        return Gaussian(np.array(mean, dtype=float), np.diag(np.square(std)).astype(float))

    # Commuting covariances: |m - m'|^2 + sum (s - s')^2.
    assert frechet_distance(gaussian([1, 0], [1, 2]), gaussian([0, 2], [3, 0.5])) == pytest.approx(5 + 4 + 2.25)
    rng = np.random.default_rng(0)
    first, second = (Gaussian(np.zeros(5), (a := rng.standard_normal((5, 5))) @ a.T) for _ in range(2))
    from scipy.linalg import sqrtm

    root = sqrtm(first.covariance @ second.covariance).real
    expected = np.trace(first.covariance + second.covariance - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(first, first) == pytest.approx(0.0, abs=1e-10)


def test_its_error_bar_is_the_scatter_over_samples():
    rng = np.random.default_rng(1)
    root = rng.standard_normal((4, 4))
    reference = Gaussian(np.zeros(4), np.eye(4))
    estimates = [frechet(normal(np.ones(4) / 2, root, 400, seed), reference) for seed in range(120)]
    scatter = np.std([e.value for e in estimates], ddof=1)
    claimed = math.sqrt(np.mean([e.stderr**2 for e in estimates]))
    assert claimed == pytest.approx(scatter, rel=0.2)  # the scatter itself is known to 6.5 %


@pytest.mark.parametrize("n", [200, 800])
def test_its_bias_is_c_over_n_and_no_part_of_its_error_bar(n):
    """Of samples of the reference itself all is bias: d / n of the mean and d (d + 1) / 4n of the covariance."""
    d, rng = 4, np.random.default_rng(2)
    root, reference = np.eye(d), Gaussian(np.zeros(d), np.eye(d))
    null = [frechet(normal(np.zeros(d), root, n, rng.integers(2**31)), reference) for _ in range(300)]
    values = np.array([estimate.value for estimate in null])
    uncertain = values.std(ddof=1) / math.sqrt(len(values))
    assert values.mean() == pytest.approx((d + d * (d + 1) / 4) / n, abs=4 * uncertain + 0.05 * values.mean())
    claimed = math.sqrt(np.mean([estimate.stderr**2 for estimate in null]))
    assert 1.0 < claimed / values.std(ddof=1) < 1.8  # leaving out is up to the root of two too much where all is noise
    # Away from the reference the bias is the same size, the error bar far larger, and right.
    far = [frechet(normal(np.ones(d), root, n, rng.integers(2**31)), reference) for _ in range(150)]
    values, claims = np.array([e.value for e in far]), np.array([e.stderr for e in far])
    assert math.sqrt(np.square(claims).mean()) == pytest.approx(values.std(ddof=1), rel=0.2)
    assert values.std(ddof=1) == pytest.approx(math.sqrt(4 * d / n), rel=0.2)  # that of |m|^2, m of mean 1
    assert np.square((values - d) / claims).mean() < 1.5, "which the bias does not hide"


def test_the_data_against_their_own_other_half_set_a_floor_far_below_bad_images():
    train = labeled.data("digits", "train")[0]
    for features in (classifier.features, pixels):
        to_half = FrechetTo.images(train[::2], features)
        floor, noisy = to_half(train[1::2]), to_half(train[1::2].roll(1, dims=-1))
        assert 0 < floor.value < 0.1 * noisy.value


def test_distance_to_a_result_is_the_root_mean_square():
    a, b = torch.zeros(50, 1, 8, 8), torch.full((50, 1, 8, 8), 0.25)
    assert distance_to(a, b).value == pytest.approx(0.25)
    assert distance_to(a, a) == distance_to(b, b)


def test_baselines_are_even_in_the_models_own_timesteps(model):
    rising = model.training_sigmas[::-1]
    found = baselines(model, 9)
    assert set(found) == set(schedules.SCHEDULES)
    times = np.interp(np.log(found["time-uniform"]), np.log(rising), np.arange(1000))
    np.testing.assert_allclose(np.diff(times), -111.0, rtol=1e-6)
    roots = np.sqrt(np.interp(np.log(found["time-quadratic"]), np.log(rising), np.arange(1000)))
    np.testing.assert_allclose(np.diff(roots), -math.sqrt(999) / 9, rtol=1e-6)
    for sigmas in found.values():
        assert (sigmas[0], sigmas[-1]) == (model.sigma_max, model.sigma_min)
    # A narrower range than the model's keeps its ends, and is even between them.
    inner = even_in_timesteps(model.training_sigmas, 4, rising[100], rising[500])
    np.testing.assert_allclose(inner, rising[[500, 400, 300, 200, 100]])


@pytest.mark.parametrize(
    ("solver", "figure", "message"),
    [("ddim", "fid", "figure of quality"), ("stochastic-ddim", "distance", "adds noise of its own")],
)
def test_figures_that_do_not_fit_say_so(model, solver, figure, message):
    with pytest.raises(ValueError, match=message):
        scores.check_figure(model.name, solver, figure)


def test_samples_that_are_lost_or_too_few_are_a_sentence():
    reference = Gaussian(np.zeros(2), np.eye(2))
    with pytest.raises(ValueError, match="3 of 60 samples are not finite"):
        frechet(torch.cat([torch.zeros(57, 2), torch.full((3, 2), math.nan)]), reference)
    with pytest.raises(ValueError, match="at least 40"):
        frechet(torch.zeros(39, 2), reference)


def test_first_weights_are_torchs_own_without_its_global_generator():
    before = torch.get_rng_state()
    ours = with_own_weights(classifier.Classifier, torch.Generator().manual_seed(5))
    unet = pretraining.network(pretraining.PretrainingConfig(), torch.Generator().manual_seed(5))
    classifier.load.__wrapped__()
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        theirs, usual = classifier.Classifier(), type(unet).from_config(unet.config)
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict(), rtol=0, atol=0)
    assert unet.state_dict().keys() == usual.state_dict().keys()
    for name, values in unet.state_dict().items():
        expected = usual.state_dict()[name]
        if "norm" in name:
            assert torch.equal(values, expected)
        elif values.numel() >= 1000:  # in another order, so other numbers of the same distribution
            quantiles = torch.linspace(0, 1, 5)
            spread = float(expected.std())
            torch.testing.assert_close(
                values.quantile(quantiles), expected.quantile(quantiles), atol=0.3 * spread, rtol=0
            )
    with pytest.raises(TypeError, match="weights of Bilinear"):
        with_own_weights(lambda: torch.nn.Bilinear(3, 2, 1), torch.Generator())


def test_training_learns_and_the_same_seed_gives_the_same_model(tmp_path):
    config = pretraining.PretrainingConfig(channels=(8, 8), steps=12, batch=32)
    (_, first), (last, held_out) = [(snapshot, snapshot.held_out) for snapshot in pretraining.train(config, every=6)]
    assert held_out < first
    again = list(pretraining.train(config, every=12))[-1]
    pretraining.save(last.network, tmp_path)
    ours = digits.load(device="cpu", folder=tmp_path).denoiser(torch.ones(2, 1, 8, 8), 1.0)
    for one, other in zip(last.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(one, other)
    assert ours.isfinite().all()
