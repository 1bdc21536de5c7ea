"""Saved models: found again, bounded, and no damaged file stops the others."""

from pathlib import Path

import pytest
import torch

from ays_toy import store
from ays_toy.networks import MLPDenoiser, NetworkConfig
from ays_toy.training import TrainingConfig

CONFIG = TrainingConfig(network=NetworkConfig(width=16, depth=2), steps=10)


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    return MLPDenoiser(CONFIG.network, torch.Generator().manual_seed(seed)).state_dict()


@pytest.fixture
def models(tmp_path: Path) -> store.ModelStore:
    return store.ModelStore(tmp_path / "models")


def test_a_saved_model_is_found_again_by_another_process_of_the_same_folder(models):
    models.save("my moons", weights(), CONFIG, data="moons")
    again = store.ModelStore(models.folder)
    assert [model.name for model in again.list()] == ["my moons"]
    denoiser, config, about = again.load("my moons")
    assert config == CONFIG
    assert about == {"data": "moons"}
    for name, value in weights().items():
        torch.testing.assert_close(denoiser.state_dict()[name], value)


def test_saving_again_replaces_and_deleting_removes(models):
    models.save("a", weights(0), CONFIG)
    models.save("a", weights(1), CONFIG)
    assert len(models.list()) == 1
    name = next(key for key in weights() if key.endswith("weight"))
    torch.testing.assert_close(models.load("a")[0].state_dict()[name], weights(1)[name])
    models.delete("a")
    models.delete("a")
    assert models.list() == []


def test_a_damaged_model_is_set_aside_and_the_others_stay(models):
    models.save("good", weights(), CONFIG)
    models.save("bad", weights(), CONFIG)
    path = models.folder / "bad.safetensors"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match="damaged and was set aside"):
        models.load("bad")
    assert [model.name for model in models.list()] == ["good"]
    assert any(".damaged-" in file.name for file in models.folder.iterdir())
    models.load("good")


def test_the_store_is_bounded(models, monkeypatch):
    monkeypatch.setattr(store, "MAX_MODELS", 2)
    models.save("a", weights(), CONFIG)
    models.save("b", weights(), CONFIG)
    with pytest.raises(ValueError, match="delete one first"):
        models.save("c", weights(), CONFIG)
    models.save("a", weights(), CONFIG)  # in place of itself is no growth
    monkeypatch.setattr(store, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="delete one first"):
        models.save("a", weights(), CONFIG)


@pytest.mark.parametrize("name", ["", " a", "../evil", "a/b", "a\\b", ".hidden", "x" * 41, "tab\t", None])
def test_names_that_could_leave_the_folder_are_refused(models, name):
    for action in (models.load, models.delete, lambda n: models.save(n, weights(), CONFIG)):
        with pytest.raises(ValueError, match="name must be"):
            action(name)


def test_a_missing_model_is_one_sentence(models):
    with pytest.raises(ValueError, match="no saved model 'gone'"):
        models.load("gone")
