"""Training the bundled models of digits: it learns, goes on from a checkpoint to the bit, and can be ended early."""

from dataclasses import replace

import pytest
import torch
from diffusers import DDPMPipeline

from ays_toy.images import digits, labeled, pretraining
from ays_toy.images.pretraining import CONFIGS, PretrainingConfig
from ays_toy.models import descent
from ays_toy.models.descent import level_then_down

TINY = replace(CONFIGS["handwritten"], channels=(8, 8, 8), batch=8, steps=8, descent=4)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """A few images held out: measuring them all would be most of the work."""
    monkeypatch.setitem(labeled.COLLECTIONS, "handwritten", replace(labeled.COLLECTIONS["handwritten"], held_out=40))


def weights(snapshot) -> list[torch.Tensor]:
    return [values.clone() for values in snapshot.network.parameters()]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(map(torch.equal, one, other))


@pytest.mark.parametrize("config", [TINY, PretrainingConfig(channels=(8, 8), steps=8, batch=32)])
def test_a_training_that_was_cut_short_goes_on_to_the_bit(tmp_path, config):
    *_, whole = pretraining.train(config, every=4)
    path = tmp_path / "training.safetensors"
    cut = pretraining.train(config, every=4, checkpoint=path)
    assert next(cut).step == 4
    cut.close()
    again, rest = pretraining.train(config, every=4, checkpoint=path)
    assert again.step == 4
    assert (rest.step, rest.loss, rest.held_out) == (8, whole.loss, whole.held_out)
    assert same(weights(rest), weights(whole))


def test_it_can_be_ended_early_and_go_on_for_longer(tmp_path, monkeypatch):
    monkeypatch.setattr(descent, "WARM_UP", 2)  # else a run that is meant to be short rises faster
    path = tmp_path / "training.safetensors"
    cut = pretraining.train(replace(TINY, steps=100), every=4, checkpoint=path)
    next(cut)
    cut.close()
    ended = weights(list(pretraining.train(TINY, every=4, checkpoint=path))[-1])
    assert same(ended, weights(list(pretraining.train(TINY, every=8))[-1])), "as if it had been so short from the first"
    (over,) = pretraining.train(TINY, every=4, checkpoint=path)
    assert same(ended, weights(over)), "a training that is over gives what it has reached"
    *_, further = pretraining.train(replace(TINY, steps=9), checkpoint=path)
    assert further.step == 9
    assert [level_then_down(8, 4)(step) for step in (0, 3, 4, 5, 7)] == [1, 1, 1, 0.75, 0.25]


def test_a_checkpoint_of_another_training_is_refused_and_a_network_of_another_shape(tmp_path):
    path = tmp_path / "training.safetensors"
    list(pretraining.train(replace(TINY, steps=1), checkpoint=path))
    for other in ({"seed": 1}, {"channels": (8, 8, 16)}, {"labels": False}, {"half": False}):
        with pytest.raises(ValueError, match="the checkpoint of another training"):
            list(pretraining.train(replace(TINY, **other), checkpoint=path))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="is damaged"):
        list(pretraining.train(TINY, checkpoint=path))


def test_labels_are_left_out_of_a_tenth_of_the_images():
    told = []

    def net(x, _timesteps, class_labels):
        told.append(class_labels)
        return type("Answer", (), {"sample": torch.zeros_like(x)})

    loss = pretraining.Loss(pretraining.scheduler(), TINY)
    labels = torch.arange(2000) % 10
    loss(net, torch.zeros(2000, 1, 28, 28), labels, torch.Generator().manual_seed(0))
    untold = told[0] == labeled.CLASSES
    assert float(untold.double().mean()) == pytest.approx(0.1, abs=0.03)
    assert torch.equal(told[0][~untold], labels[~untold])


def test_what_is_trained_is_a_model_of_diffusers_that_draws_what_it_is_told(tmp_path):
    *_, last = pretraining.train(TINY, every=4)
    pretraining.save(last.network, tmp_path, half=True)
    pipe = DDPMPipeline.from_pretrained(tmp_path)
    assert (pipe.unet.config.sample_size, pipe.unet.config.num_class_embeds) == (28, 11)
    model = digits.load("handwritten", device="cpu", folder=tmp_path)
    assert (model.labels, model.shape) == (tuple(range(10)), (1, 28, 28))
    x = torch.ones(3, 1, 28, 28)
    assert not torch.allclose(model.denoiser(x, 3.0)[0], model.denoiser(x, 3.0)[1])
    # Weights in half precision and single arithmetic: the answer is that of the network that was trained, nearly.
    sigma = float(model.training_sigmas[::-1][500])
    with torch.no_grad():
        answer = last.network(x / (1 + sigma**2) ** 0.5, 500, class_labels=torch.arange(3)).sample
    clean = (x / (1 + sigma**2) ** 0.5 - sigma * answer) / (1 + sigma**2) ** 0.5
    torch.testing.assert_close(model.denoiser(x, sigma), clean, atol=5e-3, rtol=5e-3)
    assert model.data is not None
    assert model.shown is not None
    three = digits.load("handwritten", device="cpu", folder=tmp_path, labels=3)
    assert set(three.shown().tolist()) == {3}
    assert len(three.data()) == len(three.shown()) < len(model.data())


@pytest.mark.parametrize(("name", "count"), [("digits", 1797), ("handwritten", 10_000)])
def test_the_parts_of_a_collection_are_apart_and_in_range(name, count):
    (train, kinds), (test, others) = (labeled.data(name, part) for part in ("train", "test"))
    side = labeled.COLLECTIONS[name].side
    assert (len(train) + len(test), train.shape[1:], test.shape[1:]) == (count, (1, side, side), (1, side, side))
    assert (float(train.min()), float(train.max())) == (-1.0, 1.0)
    assert set(kinds.tolist()) == set(others.tolist()) == set(range(10))
    assert torch.cdist(test.flatten(1), train.flatten(1)).min() > 0.1
