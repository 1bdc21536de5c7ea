"""Models in a single file: as their folders, and refused in a sentence before anything is loaded."""

import re
from pathlib import Path

import pytest
import tiny_files
import tiny_models
import torch
from diffusers import StableDiffusionPipeline
from huggingface_hub.constants import HF_HUB_CACHE
from safetensors.torch import load_file, save_file
from test_export import LEVELS, run
from tiny_models import noise

from ays_toy import images
from ays_toy.exchange.diffusers_code import as_diffusers
from ays_toy.images.pipelines import hub, single_files

V1 = "stable-diffusion-v1-5/stable-diffusion-v1-5"


def sdxl(folder: Path) -> Path:
    return tiny_models.sdxl(folder, width=16, layers=10)  # diffusers knows the kind by a tenth layer


KINDS = {"sd": tiny_models.stable_diffusion, "sdxl": sdxl}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """By kind, a model's folder and file."""
    where = tmp_path_factory.mktemp("files")
    folders = {kind: make(where / f"{kind} folder") for kind, make in KINDS.items()}
    return {kind: (one, tiny_files.single_file(one, where / f"{kind}.safetensors")) for kind, one in folders.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_the_model_that_its_folder_is(made, kind):
    folder, file = made[kind]
    whole = images.load(folder, prompts=["a cat", "a dog"], guidance=4, size=16)
    model = images.load(file, prompts=["a cat", "a dog"], guidance=4, size=16)
    x = noise(3, *model.shape)
    torch.testing.assert_close(model.denoiser(x, 2.0), whole.denoiser(x, 2.0))
    torch.testing.assert_close(model.decode(x), whole.decode(x))
    assert (model.title, model.sigma_max) == (kind, whole.sigma_max)
    assert (model.origin.source, model.origin.config) == (str(file), str(file.with_suffix("")))


def test_diffusers_itself_loads_such_a_file_so(made):
    """The file is what diffusers takes for one, and its network is ours."""
    file = made["sd"][1]
    options = {"safety_checker": None, "requires_safety_checker": False, "local_files_only": True}
    theirs = StableDiffusionPipeline.from_single_file(str(file), config=str(file.with_suffix("")), **options)
    ours = images.load(file, prompts="a cat", guidance=1, size=16)
    text = theirs.encode_prompt("a cat", "cpu", 1, False)[0]
    x = noise(1, 4, 8, 8)
    with torch.no_grad():
        expected = theirs.unet(x, torch.tensor([7.0]), encoder_hidden_states=text).sample
    torch.testing.assert_close(ours.denoiser.network(x, torch.tensor([7.0]), range(1)), expected)


def test_the_configuration_comes_from_the_hubs_cache_where_no_folder_has_it(made, tmp_path, monkeypatch):
    file = made["sd"][1]
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(file.read_bytes())
    monkeypatch.setattr(hub, "hub_answers", lambda _name: False)
    asked = []

    def cached(name, **options):
        asked.append((name, options["local_files_only"]))
        return file.with_suffix("")

    monkeypatch.setattr("huggingface_hub.snapshot_download", cached)
    assert images.load(alone, prompts="a cat", size=16).origin.config == str(file.with_suffix(""))
    assert asked == [(V1, True)]


def test_a_configuration_that_cannot_be_had_is_a_sentence(made, tmp_path, monkeypatch):
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(made["sd"][1].read_bytes())
    monkeypatch.setattr(hub, "hub_answers", lambda _name: False)
    assert not (Path(HF_HUB_CACHE) / f"models--{V1.replace('/', '--')}").exists()
    with pytest.raises(
        ValueError, match=f"weights alone, and the configuration .*{V1}.* into a folder alone"
    ) as raised:
        images.load(alone, prompts="a cat")
    assert "\n" not in str(raised.value)


def test_its_program_loads_it_as_a_file_and_draws(made):
    file = made["sd"][1]
    model = images.load(file, prompts="a cat", guidance=1)
    program = as_diffusers(LEVELS, model)
    assert f"from_single_file({str(file)!r}" in program
    assert [picture.size for picture in run(program)["images"]] == [(16, 16)]


def without(part: str):
    return lambda weights: {key: value for key, value in weights.items() if not key.startswith(part)}


FAULTS = {
    "no autoencoder": (without("first_stage_model"), "is not a whole Stable Diffusion"),
    "no text encoder": (without("cond_stage_model"), "is not a whole Stable Diffusion"),
    "no network": (without("model.diffusion_model"), "is not a whole Stable Diffusion"),
    "a LoRA": (lambda _weights: {"lora_unet_x.lora_down.weight": torch.ones(1)}, "is a LoRA: load the model that"),
    "one layer of the network short": (
        without("model.diffusion_model.time_embed.2"),
        r"weights of its unet lack time_embedding\.linear_2\.bias",
    ),
    "one layer of the text encoder short": (
        without("cond_stage_model.transformer.text_model.final_layer_norm"),
        "weights of its text_encoder lack",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_is_not_whole_is_a_sentence(made, tmp_path, fault):
    change, words = FAULTS[fault]
    file = tmp_path / "broken.safetensors"
    save_file(change(load_file(made["sd"][1])), file)
    file.with_suffix("").symlink_to(made["sd"][1].with_suffix(""))
    with pytest.raises(ValueError, match=words) as raised:
        images.load(file, prompts="a cat", size=16)
    assert re.fullmatch(r"[^\n]+\.", str(raised.value))


def test_only_the_header_is_read_before_a_file_is_refused(made, tmp_path):
    cut, pickled = tmp_path / "cut.safetensors", tmp_path / "model.ckpt"
    cut.write_bytes(made["sd"][1].read_bytes()[:-100])
    pickled.write_bytes(b"\x80\x02")
    with pytest.raises(ValueError, match=r"cannot be read as safetensors .*: download it again"):
        single_files.configuration(cut)
    with pytest.raises(ValueError, match=r"model\.ckpt is a file: give one in \.safetensors"):
        images.load(pickled)
