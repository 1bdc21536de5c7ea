"""The bundled model of 28×28 digits: small, what diffusers reads, and what it draws is what it was told."""

import numpy as np
import pytest
import torch
from diffusers import DDPMPipeline

from ays_toy import images
from ays_toy.images import classifier, digits, labeled, sampling, sources
from ays_toy.images.quality import Gaussian

SEED, COUNT = 3, 40


def test_it_ships_small_and_is_what_diffusers_reads():
    folder = digits.WEIGHTS / "handwritten"
    assert sum(path.stat().st_size for path in folder.rglob("*")) < 6_000_000
    pipe = DDPMPipeline.from_pretrained(folder, local_files_only=True)
    assert 2e6 < sum(values.numel() for values in pipe.unet.parameters()) < 3e6
    model, x = images.load("handwritten", device="cpu", labels=[4, 7]), torch.ones(2, 1, 28, 28)
    sigma = float(model.training_sigmas[::-1][400])
    with torch.no_grad():
        scaled = x / (1 + sigma**2) ** 0.5
        answer = pipe.unet(scaled, 400, class_labels=torch.tensor([4, 7])).sample
    clean = pipe.scheduler.step(answer, 400, scaled).pred_original_sample
    torch.testing.assert_close(model.denoiser(x, sigma), clean, atol=1e-3, rtol=1e-3)


def test_its_classifier_tells_99_of_100_digits_that_it_has_not_seen():
    test, truth = labeled.data("handwritten", "test")
    assert float((classifier.load("handwritten")(test).argmax(1) == truth).double().mean()) > 0.99


@pytest.mark.parametrize(("guidance", "least"), [(None, 0.7), (2, 0.9)])
def test_a_classifier_reads_what_it_was_told_to_draw(guidance, least):
    model = images.load("handwritten", device="cpu", guidance=guidance)
    drawn = sampling.many_steps(model, SEED, COUNT, steps=16)
    read = classifier.load("handwritten")(drawn).argmax(1)
    assert float((read == sampling.told(model, COUNT)).double().mean()) > least


def test_it_denoises_held_out_images_far_better_than_the_best_linear_denoiser():
    (train, _), (test, kinds) = (labeled.data("handwritten", part) for part in ("train", "test"))
    values = np.maximum(np.linalg.eigvalsh(Gaussian.of(train.flatten(1)).covariance), 0)
    for sigma in (0.5, 1.5):
        worth = []
        for digit in (3, 8):
            model = images.load("handwritten", device="cpu", labels=digit)
            some = test[kinds == digit][:64]
            noise = torch.randn(some.shape, generator=torch.Generator().manual_seed(SEED))
            worth.append(float((model.denoiser(some + sigma * noise, sigma) - some).square().mean()))
        assert max(worth) < 0.8 * float((values * sigma**2 / (values + sigma**2)).mean())


def test_paths_start_from_images_of_what_they_are_told():
    model = images.load("handwritten", device="cpu")
    found = sources.find(model, 50)
    assert "MNIST" in found.about
    read = classifier.load("handwritten")(found.x0).argmax(1)
    assert float((read == torch.arange(50) % 10).double().mean()) > 0.95
