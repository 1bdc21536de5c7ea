"""Features of an image encoder on this machine: found in the hub's cache, and a figure for models of pictures."""

import json
from pathlib import Path

import pytest
import tiny_models
import torch
from tiny_models import noise
from transformers import CLIPConfig, CLIPModel, Dinov2Config, Dinov2Model

from ays_toy import images
from ays_toy.images import scores, vision
from ays_toy.images.quality import Gaussian, frechet
from ays_toy.images.scores import Judge

SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 16, "patch_size": 8}
TEXT = {"vocab_size": 8, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "projection_dim": 6}
MADE = {
    "facebook/dinov2-small": lambda: Dinov2Model(Dinov2Config(**SMALL)),
    "openai/clip-vit-base-patch32": lambda: CLIPModel(  # with its texts, as it is on the hub
        CLIPConfig(text_config=TEXT, vision_config=SMALL | {"projection_dim": 6}, projection_dim=6)
    ),
}
READ = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4]}


def cached(cache: Path, name: str) -> None:
    """A tiny encoder of that name in the hub's cache."""
    torch.manual_seed(0)
    home = cache / f"models--{name.replace('/', '--')}"
    folder = home / "snapshots" / "a1b2c3"
    MADE[name]().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(READ))
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("a1b2c3")


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    vision.load.cache_clear()
    return tmp_path


@pytest.mark.parametrize("name", MADE)
def test_an_encoder_in_the_cache_reads_pictures_as_its_own_network_does(cache, name):
    assert vision.name() is None
    cached(cache, name)
    assert vision.name() == name
    encoder, pictures = vision.load(name), noise(3, 3, 16, 16).clamp(-1, 1)
    color = (pictures / 2 + 0.5 - torch.tensor(READ["image_mean"]).reshape(3, 1, 1)) / torch.tensor(
        READ["image_std"]
    ).reshape(3, 1, 1)
    with torch.no_grad():
        out = encoder.network(pixel_values=color)
    expected = out.image_embeds if "clip" in name else out.pooler_output
    torch.testing.assert_close(encoder(pictures), expected, rtol=1e-4, atol=1e-4)
    gray = noise(2, 1, 5, 7).requires_grad_()
    encoder(gray).sum().backward()
    assert gray.grad is not None
    assert gray.grad.abs().max() > 0


def test_it_is_a_figure_for_models_of_pictures_and_goes_through_the_decoder(cache, tmp_path):
    with pytest.raises(ValueError, match="where the weights of an image encoder are in the hub's cache"):
        scores.check_figure("a model", "ddim", "frechet-vision")
    cached(cache, "facebook/dinov2-small")
    assert scores.fitting("a model", "ddim") == ["frechet-pixels", "frechet-vision", "distance"]
    assert "frechet-vision" not in scores.fitting("digits", "ddim")
    model = images.load(tiny_models.stable_diffusion(tmp_path / "model"), prompts="a cat", size=16)
    judge = Judge(model)
    reference, drawn = noise(64, *model.shape), 3 * noise(64, *model.shape, seed=2)
    judge.known["many steps", scores.seeds.IMAGE_REFERENCE, scores.REFERENCE_SAMPLES] = reference
    encoder = vision.load("facebook/dinov2-small")
    one, other = (encoder(model.decode(x0)) for x0 in (drawn, reference))
    found = judge.measure(drawn, "frechet-vision", 0)
    assert found.value == pytest.approx(frechet(one, Gaussian.of(other)).value)
    assert found.value > 1e-4
    traced = drawn.requires_grad_()
    judge.against("frechet-vision").features(traced).sum().backward()
    assert traced.grad is not None
    assert traced.grad.isfinite().all()


def test_what_cannot_be_read_is_a_sentence(cache):
    cached(cache, "facebook/dinov2-small")
    next(cache.rglob("preprocessor_config.json")).write_text("{}")
    with pytest.raises(ValueError, match="cannot be read: remove them from its cache"):
        vision.load("facebook/dinov2-small")
    with pytest.raises(ValueError, match="are not on this machine"):
        vision.load("openai/clip-vit-base-patch32")
