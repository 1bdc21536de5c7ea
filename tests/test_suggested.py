"""The models that are suggested: read here, offered where they may be loaded, and their memory from their sizes."""

import pytest
from streamlit.testing.v1 import AppTest

from ays_toy import serving
from ays_toy.images import suggested
from ays_toy.images.config import Which
from ays_toy.images.pipelines.folders import PIPELINES
from ays_toy.ui.images.image_view import ImagesView

SD = "stable-diffusion-v1-5/stable-diffusion-v1-5"


def test_every_one_is_of_a_kind_that_is_read_and_can_be_a_link():
    assert len({one.name for one in suggested.ALL}) == len(suggested.ALL)
    for one in suggested.ALL:
        assert one.pipeline in PIPELINES
        assert serving.HUB_NAME.fullmatch(one.name)
        assert one.license == one.license.strip() != ""
        assert PIPELINES[one.pipeline].prompted == (one.decoder > 0)


def test_memory_is_that_of_the_types_in_which_weights_are_loaded():
    """Pixels stay in single precision, latents are halved on a GPU, and the decoder is where half would overflow."""
    by_name = {one.name: one for one in suggested.ALL}
    pixels, sd, lumina = (by_name[name] for name in ("google/ddpm-cifar10-32", SD, "Alpha-VLLM/Lumina-Image-2.0"))
    assert pixels.memory("cpu") == pixels.memory("cuda") == 0.143
    assert sd.memory("cpu") == pytest.approx(3.44 + 0.335)
    assert sd.memory("cuda") == pytest.approx(1.72 + 0.335)
    assert lumina.memory("cuda") == pytest.approx(5.22 + 0.1675)
    assert sd.parameters == pytest.approx(860, rel=0.01)


def test_a_shared_server_suggests_what_it_lists(monkeypatch):
    assert suggested.offered() == suggested.ALL
    monkeypatch.setenv("AYS_SHARED", "1")
    assert suggested.offered() == ()
    monkeypatch.setenv("AYS_MODELS", f"{SD}, owner/other")
    assert [one.name for one in suggested.offered()] == [SD]


def test_a_suggested_model_is_taken_by_a_button_and_a_lora_is_named_beside_it():
    at = AppTest.from_file("../pages/images.py", default_timeout=120).run()
    at.button(key=f"take {SD}").click().run()
    assert at.text_input(key="image_model").value == SD
    at.text_input(key="lora").set_value("/loras/style.safetensors").run()
    at.number_input(key="lora_scale").set_value(0.5).run()
    assert not at.exception
    assert at.query_params["lora"] == "/loras/style.safetensors"
    view = ImagesView(SD, prompts="a cat", lora=" /loras/style.safetensors ", lora_scale=0.5)
    assert view.which == Which(SD, ("a cat",), lora="/loras/style.safetensors", lora_scale=0.5)
    assert ImagesView(SD, lora_scale=0.5).which == Which(SD), "without a LoRA its scale makes no other run"
