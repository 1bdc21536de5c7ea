"""Workflows of ComfyUI: every node is one that ComfyUI has, and every link leads to an output of the kind it takes."""

import json

import numpy as np
import pytest
import tiny_models

from ays_toy import images
from ays_toy.exchange import export
from ays_toy.exchange.workflow import as_workflow
from ays_toy.sampling import schedules
from ays_toy.sampling.solvers import SOLVERS

LEVELS = schedules.edm(5, 0.05, 12.0)
VALUE = "a value"
# From ComfyUI's nodes.py and comfy_extras (nodes_custom_sampler, nodes_sd3, nodes_flux): inputs, and kinds of outputs.
NODES = {
    "CheckpointLoaderSimple": ({"ckpt_name": VALUE}, ["MODEL", "CLIP", "VAE"]),
    "CLIPTextEncode": ({"text": VALUE, "clip": "CLIP"}, ["CONDITIONING"]),
    "CFGGuider": (
        {"model": "MODEL", "positive": "CONDITIONING", "negative": "CONDITIONING", "cfg": VALUE},
        ["GUIDER"],
    ),
    "BasicGuider": ({"model": "MODEL", "conditioning": "CONDITIONING"}, ["GUIDER"]),
    "FluxGuidance": ({"conditioning": "CONDITIONING", "guidance": VALUE}, ["CONDITIONING"]),
    "RandomNoise": ({"noise_seed": VALUE}, ["NOISE"]),
    "DisableNoise": ({}, ["NOISE"]),
    "KSamplerSelect": ({"sampler_name": VALUE}, ["SAMPLER"]),
    "ManualSigmas": ({"sigmas": VALUE}, ["SIGMAS"]),
    "EmptyLatentImage": ({"width": VALUE, "height": VALUE, "batch_size": VALUE}, ["LATENT"]),
    "EmptySD3LatentImage": ({"width": VALUE, "height": VALUE, "batch_size": VALUE}, ["LATENT"]),
    "LoadImage": ({"image": VALUE}, ["IMAGE", "MASK"]),
    "VAEEncode": ({"pixels": "IMAGE", "vae": "VAE"}, ["LATENT"]),
    "SamplerCustomAdvanced": (
        {"noise": "NOISE", "guider": "GUIDER", "sampler": "SAMPLER", "sigmas": "SIGMAS", "latent_image": "LATENT"},
        ["LATENT", "LATENT"],
    ),
    "VAEDecode": ({"samples": "LATENT", "vae": "VAE"}, ["IMAGE"]),
    "SaveImage": ({"images": "IMAGE", "filename_prefix": VALUE}, []),
}
# Of KSamplerSelect, from comfy/samplers.py.
SAMPLERS = {"euler", "euler_ancestral", "heun", "dpmpp_2m", "dpmpp_2m_sde", "dpmpp_3m_sde", "ipndm", "uni_pc_bh2"}


def check(workflow: dict) -> None:
    """Every node has the inputs that it asks for, and nothing else, linked to outputs of the right kind."""
    for node in workflow.values():
        inputs, _ = NODES[node["class_type"]]
        assert set(node["inputs"]) == set(inputs)
        for name, given in node["inputs"].items():
            if inputs[name] == VALUE:
                assert isinstance(given, str | int | float)
            else:
                source, output = given
                assert NODES[workflow[source]["class_type"]][1][output] == inputs[name]


@pytest.mark.parametrize("make", [tiny_models.stable_diffusion, tiny_models.sdxl, tiny_models.sd3, tiny_models.flux])
def test_a_workflow_loads_and_has_the_levels(tmp_path, make):
    options = {"size": 16} if make in (tiny_models.sd3, tiny_models.flux) else {}
    model = images.load(make(tmp_path), prompts="a cat", guidance=3, **options)
    for solver in SOLVERS:
        workflow = json.loads(as_workflow(LEVELS, model, solver=solver))
        check(workflow)
        kinds = {node["class_type"]: node for node in workflow.values()}
        numbers = [float(word) for word in kinds["ManualSigmas"]["inputs"]["sigmas"].split(", ")]
        np.testing.assert_allclose(numbers, [float(word) for word in export.as_comfyui(LEVELS, model).split(", ")])
        assert numbers[-1] == 0
        assert kinds["KSamplerSelect"]["inputs"]["sampler_name"] in SAMPLERS
        assert "6 numbers for 5 steps" in kinds["ManualSigmas"]["_meta"]["title"]


def test_a_sampler_whose_steps_differ_there_says_so(tmp_path):
    model = images.load(tiny_models.sd3(tmp_path), prompts="a cat", size=16)
    titles = {}
    for solver in SOLVERS:
        workflow = json.loads(as_workflow(LEVELS, model, solver=solver))
        titles[solver] = next(n for n in workflow.values() if n["class_type"] == "KSamplerSelect")["_meta"]["title"]
    assert titles["ddim"] == "DDIM"
    assert "order of up to 3" in titles["unipc"]
    assert "counts its steps in s" in titles["dpmpp-2m"]


def test_without_prompts_there_is_no_workflow():
    with pytest.raises(ValueError, match="load a text-to-image model"):
        as_workflow(LEVELS, images.load("digits", device="cpu"))
