"""A LoRA beside a base model: against networks to whose layers its matrices are added by hooks."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_models
import torch
from diffusers import DiffusionPipeline
from safetensors.torch import save_file
from tiny_models import noise

from ays_toy import images
from ays_toy.images.pipelines import loras

PROMPTS = ["a cat", "a very big dog"]
RANK = 2
UNET = "down_blocks.1.attentions.0.transformer_blocks.0."
LAYERS = {  # by part and module, with what kohya's trainer calls it
    ("unet", UNET + "attn1.to_q"): "lora_unet_" + UNET.replace(".", "_") + "attn1_to_q",
    ("unet", UNET + "attn2.to_out.0"): "lora_unet_" + UNET.replace(".", "_") + "attn2_to_out_0",
    ("unet", UNET + "ff.net.0.proj"): "lora_unet_" + UNET.replace(".", "_") + "ff_net_0_proj",
    ("unet", "down_blocks.0.resnets.0.conv1"): "lora_unet_down_blocks_0_resnets_0_conv1",
    ("text_encoder", "encoder.layers.0.self_attn.q_proj"): "lora_te_text_model_encoder_layers_0_self_attn_q_proj",
    ("text_encoder", "encoder.layers.0.self_attn.out_proj"): "lora_te_text_model_encoder_layers_0_self_attn_out_proj",
    ("text_encoder", "encoder.layers.1.mlp.fc1"): "lora_te_text_model_encoder_layers_1_mlp_fc1",
}
ALPHAS = dict(zip(LAYERS, (1.0, 2.0, 4.0, 1.0, 3.0, 5.0, 0.5), strict=True))


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return tiny_models.stable_diffusion(tmp_path_factory.mktemp("base"))


def weights(pipeline: DiffusionPipeline) -> dict[tuple[str, str], tuple[torch.Tensor, torch.Tensor]]:
    """For each layer its matrices A and B, as a trainer's layers have them."""
    found = {}
    for seed, (part, name) in enumerate(LAYERS):
        shape = getattr(pipeline, part).get_submodule(name).weight.shape
        first = noise(RANK, *shape[1:], seed=seed)
        found[part, name] = first, noise(shape[0], RANK, *[1] * (len(shape) - 2), seed=100 + seed)
    return found


def as_kohya(found: dict) -> dict[str, torch.Tensor]:
    named = {}
    for layer, (first, second) in found.items():
        name = LAYERS[layer]
        named |= {f"{name}.lora_down.weight": first, f"{name}.lora_up.weight": second}
        named[f"{name}.alpha"] = torch.tensor(ALPHAS[layer])
    return named


def as_peft(found: dict) -> dict[str, torch.Tensor]:
    """As diffusers saves it, without alphas: each is the rank."""
    named = {}
    for (part, name), (first, second) in found.items():
        named |= {f"{part}.{name}.lora_A.weight": first, f"{part}.{name}.lora_B.weight": second}
    return named


def hooked(pipeline: DiffusionPipeline, found: dict, scales: dict) -> None:
    """Every layer answers with what its two matrices make of its input as well."""
    for (part, name), (first, second) in found.items():
        layer = getattr(pipeline, part).get_submodule(name)

        def added(layer, given, answer, first=first, second=second, scale=scales[part, name]):
            x = given[0]
            if first.ndim == 4:
                inner = torch.nn.functional.conv2d(x, first, padding=layer.padding, stride=layer.stride)
                return answer + scale * torch.nn.functional.conv2d(inner, second)
            return answer + scale * (x @ first.T) @ second.T

        layer.register_forward_hook(added)


@pytest.mark.parametrize(("form", "alphas"), [(as_kohya, ALPHAS), (as_peft, dict.fromkeys(LAYERS, RANK))])
@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_a_lora_is_added_to_the_network_and_the_text_encoder(
    base, tmp_path, form: Callable, alphas: dict, scale: float
):
    pipeline = DiffusionPipeline.from_pretrained(base)
    found = weights(pipeline)
    save_file(form(found), tmp_path / "style.safetensors")
    plain = images.load(base, prompts=PROMPTS, guidance=1, size=16)
    model = images.load(
        base, prompts=PROMPTS, guidance=1, size=16, lora=tmp_path / "style.safetensors", lora_scale=scale
    )
    hooked(pipeline, found, {layer: scale * alpha / RANK for layer, alpha in alphas.items()})
    x = noise(2, 4, 8, 8)
    with torch.no_grad():
        text = pipeline.encode_prompt(PROMPTS, "cpu", 1, False)[0]
        expected = pipeline.unet(x, torch.tensor([500.0]), encoder_hidden_states=text).sample
    answer = model.denoiser.network(x, torch.tensor([500.0] * 2), range(2))
    torch.testing.assert_close(answer, expected, rtol=1e-4, atol=1e-4)
    assert (plain.denoiser.network(x, torch.tensor([500.0] * 2), range(2)) - expected).abs().max() > 1e-2
    assert model.origin.lora == (str(tmp_path / "style.safetensors"), scale)


def test_a_folder_is_that_of_the_file_that_diffusers_saves_and_its_alpha_is_heeded(base, tmp_path):
    pipeline = DiffusionPipeline.from_pretrained(base)
    found = weights(pipeline)
    told = {"lora_adapter_metadata": json.dumps({"unet.lora_alpha": 1, "unet.r": 2, "text_encoder.lora_alpha": 2})}
    save_file(as_peft(found), tmp_path / "pytorch_lora_weights.safetensors", metadata=told)
    model = images.load(base, prompts=PROMPTS, guidance=1, size=16, lora=tmp_path)
    name = UNET + "attn1.to_q"
    first, second = found["unet", name]
    before = pipeline.unet.get_submodule(name).weight
    save_file({f"unet.{name}.lora_A.weight": first, f"unet.{name}.lora_B.weight": second}, tmp_path / "one.safetensors")
    alone = images.load(base, prompts=PROMPTS, guidance=1, size=16, lora=tmp_path / "one.safetensors", lora_scale=0.5)
    merged = [
        one.denoiser.network.call.__closure__[0].cell_contents.get_submodule(name).weight for one in (model, alone)
    ]
    torch.testing.assert_close(merged[0], before + second @ first / 2)
    torch.testing.assert_close(merged[1], merged[0])


FAULTS = {
    "of other names": (lambda _found: {"a.weight": torch.ones(2, 2)}, "'a.weight' is of no part of a model"),
    "of a part too many": (
        lambda found: as_peft(found) | {"text_encoder_2.x.lora_A.weight": torch.ones(2, 2)},
        "text_encoder_2, which this model does not have",
    ),
    "of another model": (
        lambda _found: {"unet.a.b.lora_A.weight": torch.ones(2, 2), "unet.a.b.lora_B.weight": torch.ones(2, 2)},
        "does not fit this model, which has no 'a.b'",
    ),
    "of another size": (
        lambda found: {key: value[..., :1] if "to_q.lora_A" in key else value for key, value in as_peft(found).items()},
        "has another size",
    ),
    "not finite": (
        lambda found: {key: value * torch.nan for key, value in as_peft(found).items()},
        "has another size, or no numbers",
    ),
    "half of it": (
        lambda found: {key: value for key, value in as_peft(found).items() if "to_q.lora_B" not in key},
        "does not fit|is not a plain LoRA",
    ),
    "a DoRA": (lambda found: as_kohya(found) | {"lora_unet_x.dora_scale": torch.ones(1)}, "is a DoRA"),
    "a bias": (
        lambda found: as_peft(found) | {"unet.conv_in.lora_B.bias": torch.ones(1)},
        "is not a plain LoRA: 'conv_in.lora_B.bias'",
    ),
}


@pytest.fixture(scope="module")
def spare(base) -> DiffusionPipeline:
    """A pipeline whose weights nobody looks at."""
    return DiffusionPipeline.from_pretrained(base)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lora_that_does_not_fit_is_a_sentence(spare, tmp_path, fault):
    change, words = FAULTS[fault]
    file = tmp_path / "a.safetensors"
    save_file({key: value.contiguous() for key, value in change(weights(spare)).items()}, file)
    with pytest.raises(ValueError, match=words) as raised:
        loras.add(spare, loras.find(file))
    assert re.fullmatch(r"[^\n]+\.", str(raised.value))


def test_what_is_no_lora_is_a_sentence_before_a_model_is_loaded(base, tmp_path, monkeypatch):
    broken, pickled = tmp_path / "broken.safetensors", tmp_path / "a.bin"
    broken.write_bytes(b"no weights")
    pickled.write_bytes(b"\x80")
    save_file({"a": torch.ones(1)}, tmp_path / "fine.safetensors")
    for arguments, words in (
        ({"lora": tmp_path / "none.safetensors"}, "There is no LoRA .*none.safetensors"),
        ({"lora": tmp_path}, "There is no LoRA .*pytorch_lora_weights"),
        ({"lora": pickled}, "give a .safetensors file"),
        ({"lora": broken}, "cannot be read as safetensors"),
        (
            {"lora": tmp_path / "fine.safetensors", "lora_scale": 11},
            "scale of the LoRA must be a number from -10 to 10",
        ),
    ):
        with pytest.raises(ValueError, match=words):
            images.load(base, prompts="a cat", **arguments)
    with pytest.raises(ValueError, match="takes no lora"):
        images.load("digits", lora=tmp_path / "fine.safetensors")
    monkeypatch.setenv("AYS_SHARED", "1")
    with pytest.raises(ValueError, match="reads nothing from paths"):
        loras.find(tmp_path / "fine.safetensors")
