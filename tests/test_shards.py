"""A pass in shards that never meet: merged, it is the pass of one process, and what is missing is named."""

from itertools import islice

import numpy as np
import pytest
from torchrun_pass import BATCH, LEVELS, data, model
from typer.testing import CliRunner

from ays_toy.cli import app
from ays_toy.cli.common import console
from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.images import collect, shards
from ays_toy.images.shards import Shard

GRID = np.geomspace(20.0, 0.02, LEVELS)


def made(folder, shard, *, of=None, seed=0, name=None):
    path = folder / (name or f"part{shard.replace('/', 'of')}")
    for state in shards.stream(of or model(), data(), GRID, Shard.read(shard), path, seed=seed, batch=BATCH):
        assert state.done <= state.total
    return path


def test_merged_shards_are_the_pass_of_one_process_to_the_last_bit(tmp_path):
    parts = [made(tmp_path, f"{number}/3") for number in (2, 3, 1)]
    assert shards.merge(parts, tmp_path / "pass") == len(data()) // BATCH
    *_, merged = collect.stream(model(), data(), GRID, batch=BATCH, checkpoint=tmp_path / "pass")
    alone = collect.collect(model(), data(), GRID, batch=BATCH)
    assert merged.resumed == merged.total
    np.testing.assert_array_equal(merged.gram.moments, alone.moments)
    np.testing.assert_array_equal(merged.gram.counts, alone.counts)


def test_a_shard_that_was_cut_off_goes_on_where_it_was(tmp_path):
    path, half = tmp_path / "part", Shard(2, 2)
    states = list(islice(shards.stream(model(), data(), GRID, half, path, batch=BATCH), 4))
    assert [state.done for state in states] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=r"^Shard 2/2 in part lacks 5 of its batches: run it again"):
        shards.merge([made(tmp_path, "1/2"), path], tmp_path / "pass")
    again = list(shards.stream(model(), data(), GRID, half, path, batch=BATCH))
    assert [(state.done, state.resumed) for state in again] == [(done, 3) for done in range(3, 9)]
    assert shards.merge([tmp_path / "part1of2", path], tmp_path / "pass") == 16


def test_a_file_that_holds_another_shard_is_left_as_it_is(tmp_path):
    path = made(tmp_path, "1/2", name="part[1]")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"^part\[1\] holds batches of another shard: write shard 2/2 elsewhere\.$"):
        made(tmp_path, "2/2", name="part[1]")
    assert path.read_bytes() == before
    *_, last = shards.stream(model(), data(), GRID, Shard(1, 2), path, batch=BATCH)
    assert last.resumed == last.total, "whatever signs its name has"


def test_more_shards_than_batches_are_merged_all_the_same(tmp_path):
    parts = [made(tmp_path, f"{number}/20") for number in range(1, 21)]
    assert shards.merge(parts, tmp_path / "pass") == 16


def test_what_does_not_belong_together_is_said_in_a_sentence(tmp_path):
    one, two, four = made(tmp_path, "1/4"), made(tmp_path, "2/4"), made(tmp_path, "4/4")
    refused = {
        r"^Missing of 4 shards: 1, 3\. Collect these too": [two, four],
        r"both shard 2/4: leave one out": [one, two, made(tmp_path, "2/4", name="twin")],
        r"^part1of4 is shard 1/4 and part2of3 shard 2/3": [one, made(tmp_path, "2/3")],
        r"^part1of4 and seeded are of different passes": [one, made(tmp_path, "2/4", seed=1, name="seeded")],
        r"^none cannot be read: No such file": [tmp_path / "none"],
        r"^Give the files": [],
    }
    other = model()
    object.__setattr__(other, "denoiser", GaussianDenoiser(0.6))
    refused[r"^part1of4 and weights are of different passes"] = [one, made(tmp_path, "2/4", of=other, name="weights")]
    whole = tmp_path / "whole"
    collect.collect(model(), data(), GRID, batch=BATCH, checkpoint=whole)
    refused[r"^whole is no shard of a pass"] = [one, whole]
    (tmp_path / "cut").write_bytes(one.read_bytes()[:-100])
    refused[r"^The file cut is damaged"] = [one, tmp_path / "cut"]
    for sentence, parts in refused.items():
        with pytest.raises(ValueError, match=sentence):
            shards.merge(parts, tmp_path / "pass")
    assert not (tmp_path / "pass").exists()
    with pytest.raises(ValueError, match="There is no folder"):
        shards.merge([one], tmp_path / "none" / "pass")


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "a/b", "1/4/2", "-1/4", "1/9999999999"])
def test_a_shard_is_its_number_of_how_many(text):
    with pytest.raises(ValueError, match=r"^The shard must be its number and how many there are, such as 3/8"):
        Shard.read(text)


def test_by_command_an_array_of_shards_is_merged_and_taken_up(tmp_path, monkeypatch):
    monkeypatch.setattr(console, "width", 200)

    def ran(*words, code=0):
        done = CliRunner().invoke(app, ["image", *map(str, words)])
        assert done.exit_code == code, done.output
        return " ".join(done.output.replace("│", " ").split())

    few = ("--paths", 24, "--batch", 8, "--levels", 12)
    parts = [tmp_path / f"part{number}.safetensors" for number in (1, 2)]
    for number, part in enumerate(parts, start=1):
        assert f"Shard {number}/2 is in" in ran("collect", "digits", *few, "--shard", f"{number}/2", "--out", part)
    whole, search = tmp_path / "pass.safetensors", ("--method", "klub-optimum", "--steps", 3, "--samples", 40)
    assert "Missing of 2 shards: 2." in ran("merge", parts[0], "--out", whole, code=2)
    assert "3 batches of 2 shards" in ran("merge", *parts, "--out", whole)
    assert "3 of 3 batches were taken from" in ran("optimize", "digits", *few, *search, "--checkpoint", whole)
    assert "such as 3/8" in ran("collect", "digits", "--shard", "9/8", "--out", parts[0], code=2)
