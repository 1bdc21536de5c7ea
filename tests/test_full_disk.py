"""A data folder that is full, read-only, absent or cannot be: a sentence, nothing half written, and work goes on."""

import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pages_shown
import pytest
import torch

from ays_toy import images
from ays_toy.images import collect, live, sources
from ays_toy.images.config import ImageConfig
from ays_toy.models import checkpoints, store
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.models.training import TrainingConfig

POINTS = np.random.default_rng(5).normal(size=(5000, 2))
CONFIG = TrainingConfig(network=NetworkConfig(width=256, depth=2), steps=10)
SAVE_FILE = checkpoints.save_file


def weights() -> dict[str, torch.Tensor]:
    return MLPDenoiser(CONFIG.network, torch.Generator().manual_seed(0)).state_dict()


def disk(folder: Path, *options: str) -> bool:
    return subprocess.run(["mount", *options, "tmpfs", str(folder)], capture_output=True).returncode == 0


@pytest.fixture(params=["full", "read-only", "a file", "cannot be"])
def unusable(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A data folder of each kind: a real small disk where one may be mounted, and its errors elsewhere."""
    folder, kind, mounted = tmp_path / "disk", request.param, False
    folder.mkdir()
    if kind == "full":
        if mounted := disk(folder, "-t", "tmpfs", "-o", "size=32k"):
            (folder / "filling").write_bytes(bytes(20_000))
        else:

            def fill(_: object, path: Path, **more: object) -> None:  # noqa: ARG001
                path.write_bytes(b"half")
                raise checkpoints.SafetensorError("I/O error: No space left on device (os error 28)")

            monkeypatch.setattr(checkpoints, "save_file", fill)
    elif kind == "read-only":
        if mounted := disk(folder, "-t", "tmpfs", "-o", "size=32k,ro"):
            pass
        else:

            def refuse(path: Path, *_: object, **__: object) -> None:
                raise OSError(errno.EROFS, "Read-only file system", str(path))

            monkeypatch.setattr(Path, "mkdir", refuse)
    elif kind == "a file":
        folder.rmdir()
        folder.write_text("taken")
    else:
        folder = Path("/proc/nothing/here")
    monkeypatch.setenv("AYS_EXPLORER_HOME", str(folder))
    yield kind
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def everything() -> list[Path]:
    return [path for path in store.home().rglob("*") if path.is_file() and path.name != "filling"]


def test_what_cannot_be_kept_is_one_sentence_and_leaves_nothing_half_written(unusable: str) -> None:
    models, points = store.ModelStore(), store.PointStore()
    for keep in (
        lambda: models.save("net", weights(), CONFIG, data="moons"),
        lambda: points.save("mine", POINTS),
    ):
        with pytest.raises(ValueError, match=r"could not be written \([A-Z][a-z -]+\): free some space") as caught:
            keep()
        assert "\n" not in str(caught.value)
        assert "Error" not in str(caught.value)
    assert models.list() == points.list() == models.tidy() == points.tidy() == ()
    points.delete("mine")
    assert everything() == []
    if unusable == "full":
        assert "No space left on device" in str(caught.value)


def test_an_image_run_goes_on_without_its_checkpoint_and_says_so(unusable: str, monkeypatch) -> None:
    monkeypatch.setattr(collect, "LEVELS", 8)
    config = ImageConfig(steps=4, method="ays", samples=40, paths=40)
    states = []
    for state in live.run(config):
        states.append(state)
        if state.gram is not None:
            break
    assert states[-1].gram is not None
    assert len(states[-1].said) == 1, unusable
    assert any(words in states[-1].said[0] for words in ("is not kept", "could not be written"))
    assert everything() == []


def test_a_disk_that_fills_up_ends_what_is_kept_and_not_the_pass(tmp_path: Path, monkeypatch) -> None:
    model = images.load("digits", device="cpu")
    x0, said, written = sources.find(model, 12).x0, [], []
    grid = collect.grid_for(model, 6)

    def fills(tensors, path, **more):
        if written:
            path.write_bytes(b"half")
            raise checkpoints.SafetensorError("Error while serializing: I/O error: x (os error 28)")
        written.append(path)
        SAVE_FILE(tensors, path, **more)

    monkeypatch.setattr(checkpoints, "save_file", fills)
    gram = collect.collect(model, x0, grid, batch=4, checkpoint=tmp_path / "pass.safetensors", say=said.append)
    monkeypatch.undo()
    assert np.array_equal(gram.moments, collect.collect(model, x0, grid, batch=4).moments)
    assert len(said) == 1
    assert "No space left on device): the pass goes on" in said[0]
    assert [path.name for path in tmp_path.iterdir()] == ["pass.safetensors"], "the first batch, whole"
    *_, last = collect.stream(model, x0, grid, batch=4, checkpoint=tmp_path / "pass.safetensors")
    assert last.resumed == 1


@pytest.mark.parametrize("page", ["data", "train"])
def test_pages_open_without_a_folder_that_can_be_used(unusable: str, page: str) -> None:
    at = pages_shown.opened(page, data="ring-8")
    assert not at.error
    if page == "data":
        at.text_input(key="points_name").set_value("mine")
        at.button(key="keep points").click()
        pages_shown.run(at)
        assert "could not be written" in at.error[0].value, unusable


# --- paths of nobody -------------------------------------------------------------------------------------------------


def test_folders_of_users_that_there_are_not_end_in_a_sentence(monkeypatch) -> None:
    model = images.load("digits", device="cpu")
    for ask in (
        lambda: images.load("~nobody_here/x"),
        lambda: sources.from_folder(model, Path("~nobody_here/x"), 2),
        lambda: (monkeypatch.setenv("AYS_EXPLORER_HOME", "~nobody_here/x"), store.PointStore()),
    ):
        with pytest.raises(ValueError, match="no user whose folder '~nobody_here' would be"):
            ask()


@pytest.mark.parametrize("text", ["/" + "é" * 190 + "/x", "/proc/1/root/x", "a\0b", "/dev/null/x"])
def test_paths_that_cannot_be_looked_at_end_in_a_sentence(text: str) -> None:
    model = images.load("digits", device="cpu")
    with pytest.raises(ValueError, match="There is no folder"):
        images.load(text)
    with pytest.raises(ValueError, match="There is no folder"):
        sources.from_folder(model, Path(text), 2)
