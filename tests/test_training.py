import dataclasses
import json
import math
import subprocess
import sys
from itertools import chain, pairwise, repeat

import numpy as np
import ot
import pytest
import torch
from safetensors.torch import load_file, save_file

from ays_toy.data import datasets
from ays_toy.models import checkpoints
from ays_toy.models.adam import BETAS, Adam
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.models.training import ExcessLoss, TrainingConfig, denoiser_from, edm_loss, train
from ays_toy.sampling import schedules
from ays_toy.sampling.samplers import sample

TINY = TrainingConfig(network=NetworkConfig(width=16, depth=2), steps=30, batch=64)
RING = datasets.get("ring-8")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def last_weights(config=TINY, **options):
    *_, last = train(RING, config, **options)
    return last.weights


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture
def network():
    """A network whose last layer is not zero, as after training."""
    net = MLPDenoiser(NetworkConfig(32, 3), seeded())
    with torch.no_grad():
        net.last.weight.normal_(0.0, 0.2, generator=seeded(1))
    return net


# --- the network ----------------------------------------------------------------------------------------------------


def test_one_level_for_all_rows_equals_a_level_for_each(network, generator):
    for sigma in np.geomspace(0.002, 80.0, 9):
        x = (0.5 + sigma) * torch.randn(64, 2, generator=generator)
        by_row = network(x, torch.full((64,), sigma))
        torch.testing.assert_close(network(x, float(sigma)), by_row, rtol=1e-5, atol=1e-6)
        assert torch.equal(network(x, torch.tensor(sigma)), network(x, float(sigma)))
        with torch.no_grad():
            torch.testing.assert_close(network(x, float(sigma)), by_row, rtol=1e-5, atol=1e-6)


def test_preconditioning_trusts_x_at_no_noise_and_forgets_it_at_much(network, generator):
    x = torch.randn(100, 2, generator=generator)
    torch.testing.assert_close(network(x, 1e-5), x, rtol=0, atol=1e-4)
    far = network(1e4 * x, 1e4)
    assert far.abs().max() < 10
    assert not torch.equal(far, torch.zeros_like(far))


def test_an_untrained_network_is_the_best_linear_denoiser_with_loss_two(generator):
    net = MLPDenoiser(NetworkConfig(16, 2), seeded(3)).requires_grad_(False)
    gaussian = datasets.get("gaussian")
    x = torch.randn(50, 2, generator=generator)
    for sigma in (0.01, 1.0, 30.0):
        torch.testing.assert_close(net(x, sigma), gaussian.denoiser()(x, sigma))
    for data in (gaussian, RING):  # the loss of a linear denoiser depends on the data's std alone
        loss = edm_loss(net, data.sample(200_000, generator), TrainingConfig(), generator)
        assert float(loss) == pytest.approx(2.0, abs=4 * 2 / math.sqrt(200_000))


def test_a_network_comes_from_its_generator_alone():
    before = torch.get_rng_state()
    nets = [MLPDenoiser(NetworkConfig(32, 2), seeded(seed)).state_dict() for seed in (1, 1, 2)]
    assert same(nets[0], nets[1])
    assert not same(nets[0], nets[2])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("width", "depth"), [(0, 3), (4, 3), (2048, 3), (64.5, 3), (64, 0), (64, 9), ("wide", 3)])
def test_a_network_of_no_sensible_shape_is_refused(width, depth):
    with pytest.raises(ValueError, match=r"network's (width|depth) must be a whole number from"):
        NetworkConfig(width, depth)


# --- how far from the optimum ---------------------------------------------------------------------------------------


def test_the_excess_of_a_scaled_gaussian_denoiser_is_the_closed_form():
    data = datasets.get("gaussian")
    measure, exact = ExcessLoss(data, seeded(), points=20_000), data.denoiser()
    assert measure(exact) == 0
    by_level = measure.by_level(lambda x, sigma: 1.1 * exact(x, sigma)).numpy()
    # (0.1 a)^2 E||x||^2 / mse with a = c^2 / (c^2 + sigma^2) and mse = d a sigma^2
    np.testing.assert_allclose(by_level, (0.1 * 0.5 / np.array(measure.sigmas)) ** 2, rtol=0.05)


def test_the_excess_is_the_error_above_the_bayes_error():
    measure = ExcessLoss(RING, seeded(), points=4096)
    net = MLPDenoiser(NetworkConfig(16, 2), seeded()).requires_grad_(False)
    by_level, fresh = measure.by_level(net), seeded(7)
    for k in (2, 8, 12, 16):
        x0, sigma = RING.sample(100_000, fresh), measure.sigmas[k]
        x = x0 + sigma * torch.randn(x0.shape, generator=fresh)
        ratio = (net(x, sigma) - x0).square().sum() / (RING.denoiser()(x, sigma) - x0).square().sum()
        assert float(by_level[k]) == pytest.approx(float(ratio) - 1, rel=0.1, abs=0.03)


def test_the_excess_is_finite_on_separate_points_whose_bayes_error_vanishes():
    data = datasets.from_points(torch.randn(30, 2, generator=seeded()).numpy())
    measure = ExcessLoss(data, seeded())
    assert 0 <= measure(data.denoiser()) < 1e-6
    assert 0 < measure(MLPDenoiser(NetworkConfig(), seeded())) < math.inf


# --- training -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained():
    config = TrainingConfig(steps=1500, batch=256, seed=3)
    *_, last = train(RING, config, every=500)
    return denoiser_from(last.weights, config.network)


def test_training_from_scratch_comes_within_three_percent_of_the_bayes_optimum(trained):
    assert 0 < ExcessLoss(RING, seeded(99), points=4096)(trained) < 0.03  # measured: 0.007


@pytest.mark.parametrize("solver", ["stochastic-ddim", "heun"])
def test_samples_of_the_trained_model_are_within_twice_the_sampling_noise(trained, solver):
    generator, size, distances = seeded(5), 2000, []
    for repetition in range(6):
        x_T = 80.0 * torch.randn(size, 2, generator=generator)
        made = sample(trained, x_T, schedules.edm(50), solver, generator=generator)
        fresh, other = (RING.sample(size, generator).double().numpy() for _ in range(2))
        distances.append(
            [ot.sliced_wasserstein_distance(x, fresh, seed=repetition) for x in (made.double().numpy(), other)]
        )
    model, noise = np.mean(distances, axis=0)
    assert model < 2 * noise


@pytest.mark.parametrize("name", list(datasets.DATASETS))
def test_the_shipped_weights_come_within_one_percent(name):
    measure = ExcessLoss(datasets.get(name), seeded(98), points=2048)
    assert measure(checkpoints.pretrained(name)) < 0.01


def test_the_same_seed_gives_the_same_bits_and_another_others():
    before = torch.get_rng_state()
    first, again, other = (last_weights(dataclasses.replace(TINY, seed=seed)) for seed in (1, 1, 2))
    assert same(first, again)
    assert not same(first, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_how_often_one_looks_does_not_change_what_is_learned():
    assert same(last_weights(every=1), last_weights(every=1000))


def test_snapshots_come_on_time_and_stay_as_they_were():
    kept = [(shot, {k: v.clone() for k, v in shot.weights.items()}) for shot in train(RING, TINY, every=8)]
    assert [shot.step for shot, _ in kept] == [0, 8, 16, 24, 30]
    for shot, copy in kept:
        assert shot.steps == 30
        assert same(shot.weights, copy)
        with pytest.raises(dataclasses.FrozenInstanceError):
            shot.step = 0
    assert not same(kept[0][1], kept[1][1])
    assert [math.isnan(shot.loss) for shot, _ in kept] == [True, False, False, False, False]


def test_the_error_is_measured_only_where_it_is_asked_for(monkeypatch):
    measured, by_level = [], ExcessLoss.by_level
    monkeypatch.setattr(ExcessLoss, "by_level", lambda self, net: measured.append(net) or by_level(self, net))
    shots = list(train(RING, TINY, every=10))
    assert not measured
    assert shots[-1].excess == shots[-1].excess < shots[0].excess
    assert [net is shot.denoiser for net, shot in zip(measured, (shots[-1], shots[0]), strict=True)] == [True, True]


def stopping(*at: int):
    """A `stop` that says True once before each of these steps, and for good before the last of them."""
    answers = [False] * at[0]
    for before, after in pairwise(at):
        answers += [True, False] + [False] * (after - before - 1)  # the second: on whether it still says so
    return chain(answers, repeat(True)).__next__


@pytest.mark.parametrize("steps", [0, 1, 7, 8])
def test_stopping_ends_within_one_step_and_leaves_weights(steps):
    stop = stopping(steps)
    *_, last = run = list(train(RING, TINY, every=4, stop=stop))
    assert [shot.step for shot in run] == sorted({*range(0, steps, 4), steps})
    assert same(last.weights, last_weights(every=100, stop=stopping(steps)))
    if not steps:
        x = torch.ones(3, 2)
        torch.testing.assert_close(denoiser_from(last.weights, TINY.network)(x, 0.5), 0.5 * x)


def test_training_that_goes_on_after_stops_is_bit_for_bit_the_run_that_never_stopped():
    whole = list(train(RING, TINY, every=5))
    paused = list(train(RING, TINY, every=5, stop=stopping(0, 3, 4, 10, 29, 1000)))
    assert [shot.step for shot in paused] == [0, 3, 4, 5, 10, 15, 20, 25, 29, 30]
    paused = {shot.step: shot for shot in paused}
    for shot in whole:
        again = paused[shot.step]
        np.testing.assert_equal((again.loss, again.excess), (shot.loss, shot.excess))
        assert same(again.weights, shot.weights)


def test_training_may_begin_from_weights_of_the_same_shape():
    first = last_weights()
    begun, *_, ended = train(RING, dataclasses.replace(TINY, seed=9), start=first)
    assert begun.step == 0
    assert same(begun.weights, first)
    assert not same(ended.weights, first)
    for shape in (NetworkConfig(32, 2), NetworkConfig(16, 3), NetworkConfig(16, 1)):
        with pytest.raises(ValueError, match="do not belong to a network of this width and depth"):
            next(train(RING, dataclasses.replace(TINY, network=shape), start=first))


def test_training_that_diverges_says_so():
    config = dataclasses.replace(TINY, steps=300, learning_rate=1.0, network=NetworkConfig(64, 3))
    with pytest.raises(ValueError, match=r"Training diverged before step .*: lower the learning rate"):
        list(train(RING, config, every=50))


@pytest.mark.parametrize(
    ("field", "value", "advice"),
    [
        ("steps", 0, "training steps"),
        ("steps", 10.5, "training steps"),
        ("batch", 0, "batch size"),
        ("batch", 100_000, "batch size"),
        ("learning_rate", 0.0, "learning rate"),
        ("learning_rate", math.nan, "learning rate"),
        ("ema", 1.0, "moving average"),
        ("p_std", 0.0, "std of log sigma"),
        ("p_mean", math.inf, "mean of log sigma"),
        ("seed", -1, "seed"),
        ("seed", True, "seed"),
    ],
)
def test_a_bad_configuration_is_refused(field, value, advice):
    with pytest.raises(ValueError, match=f"{advice}.* must be a"):
        TrainingConfig(**{field: value})
    with pytest.raises(ValueError, match="between snapshots"):
        next(train(RING, TINY, every=0))


# --- checkpoints ----------------------------------------------------------------------------------------------------


def test_what_is_saved_is_what_is_loaded(tmp_path, generator):
    weights, path = last_weights(), tmp_path / "models" / "ring.safetensors"
    for note in ("first", "second"):  # the second replaces the first
        checkpoints.save(path, weights, TINY, data="ring-8", note=note)
    denoiser, config, about = checkpoints.load(path)
    assert (config, about) == (TINY, {"data": "ring-8", "note": "second"})
    assert same(weights, denoiser.state_dict())
    assert not any(parameter.requires_grad for parameter in denoiser.parameters())
    x = torch.randn(20, 2, generator=generator)
    assert torch.equal(denoiser(x, 0.3), denoiser_from(weights, TINY.network)(x, 0.3))
    assert [file.name for file in path.parent.iterdir()] == ["ring.safetensors"]


def test_a_failed_save_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        checkpoints.save(tmp_path / "taken", last_weights(), TINY)
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]


def test_half_precision_is_read_as_single(tmp_path):
    weights, path = last_weights(), tmp_path / "ring.safetensors"
    checkpoints.save(path, weights, TINY, dtype=torch.float16)
    loaded = checkpoints.load(path)[0].state_dict()
    for name, value in weights.items():
        assert loaded[name].dtype == torch.float32
        torch.testing.assert_close(loaded[name], value, rtol=1e-3, atol=1e-6)


def test_a_file_that_is_missing_or_damaged_is_refused_in_one_sentence(tmp_path):
    good, path = tmp_path / "good.safetensors", tmp_path / "model.safetensors"
    checkpoints.save(good, last_weights(), TINY)
    content, tensors = good.read_bytes(), load_file(good)

    def refused(match):
        with pytest.raises(ValueError, match=match) as error:
            checkpoints.load(path)
        assert "\n" not in str(error.value)

    refused("There is no saved model at model.safetensors: choose another, or train it anew")
    for damage in (b"", b"not a model", content[: len(content) // 2], content[:20], bytes(1000)):
        path.write_bytes(damage)
        refused("model.safetensors is damaged: delete it")
    for header in (None, {"config": "{"}, {"config": "[]"}, {"config": "{}"}, {"other": "1"}):
        save_file(tensors, path, metadata=header)
        refused("model.safetensors is damaged: delete it")
    values = dataclasses.asdict(TINY)
    for wrong in ({**values, "surprise": 1}, {**values, "network": [16, 2]}, {**values, "network": None}):
        save_file(tensors, path, metadata={"config": json.dumps(wrong)})
        refused("model.safetensors is damaged: delete it")
    for shape in ({"width": 32, "depth": 2}, {"width": 16, "depth": 3}, {"width": 16, "depth": 1}):
        save_file(tensors, path, metadata={"config": json.dumps({**values, "network": shape})})
        refused("do not belong to a network of this width and depth")


def test_pretrained_models_are_known_by_name_and_kept():
    assert checkpoints.pretrained("ring-8") is checkpoints.pretrained("ring-8")
    with pytest.raises(ValueError, match="Unknown data set 'ring': choose one of"):
        checkpoints.pretrained("ring")


def test_adam_is_torch_s_own_to_the_bit():
    def trained(step, clear, net):
        for k in range(7):
            clear()
            (net(torch.full((3, 5), k / 7.0)) - 1).square().mean().backward()
            step(1e-2 / (1 + k))
        return [one.detach().clone() for one in net.parameters()]

    nets = [torch.nn.Linear(5, 2), torch.nn.Linear(5, 2)]
    nets[1].load_state_dict(nets[0].state_dict())
    ours, theirs = Adam(nets[0].parameters()), torch.optim.Adam(nets[1].parameters(), betas=BETAS, fused=True)

    def step(rate):
        theirs.param_groups[0]["lr"] = rate
        theirs.step()

    found, expected = trained(ours.step, ours.clear, nets[0]), trained(step, theirs.zero_grad, nets[1])
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def test_training_does_not_import_torch_s_compiler():
    code = (
        "import sys; from ays_toy.runs.live_training import *; run = lesson(LessonConfig('ring-8', TrainingConfig())); "
        "next(run); next(run); print({'torch._dynamo', 'sympy'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["set()"]
