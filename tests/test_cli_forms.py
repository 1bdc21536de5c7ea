"""The forms of what commands print: tables that fit 80 columns whole, JSON from every one, names for the shell."""

import json

import pytest
import typer
from typer.testing import CliRunner

from ays_toy.cli import app, common
from ays_toy.sampling.solvers import SOLVERS

COLUMNS = 80


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(common.console, "width", COLUMNS)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def commands(group, before=()):
    """Every command with its words."""
    for name, one in group.commands.items():
        words = (*before, name)
        yield from commands(one, words) if hasattr(one, "commands") else [(words, one)]


SMALL = ("--paths", 64, "--samples", 40)
CALLS = {  # of every command: the rest of its words, and what its JSON holds
    ("compare",): (("gaussian", "--steps", 3), "schedules"),
    ("train",): (("mine", "ring-8", "--width", 8, "--depth", 1, "--steps", 2, "--batch", 8), "excess"),
    ("optimize",): (("gaussian", "--method", "p-optimum", "--steps", 3), "schedules"),
    ("pretrain",): None,  # writes what ships, and takes minutes
    ("doctor",): ((), None),
    ("image", "optimize"): (("digits", "--method", "klub-optimum", "--steps", 3, *SMALL), "schedules"),
    ("image", "compare"): (("digits", "--steps", 3, *SMALL), "schedules"),
    ("image", "paths"): (("digits", "--steps", 3, "--most", 256), "paths"),
    ("image", "pretrain"): (("digits", "--steps", 1, "--no-features", "--folder", "made"), "loss"),
    ("image", "collect"): (("--out", "shard", "--paths", 64), "batches"),
    ("image", "merge"): None,  # takes what the one above has made; `test_shards` runs it
    ("class", "report"): None,  # takes answers; `test_report` runs it
}


def test_every_command_is_here_and_can_print_json():
    found = dict(commands(typer.main.get_command(app)))
    assert set(found) == set(CALLS)
    assert [words for words, one in found.items() if not any("--json" in each.opts for each in one.params)] == []


@pytest.mark.parametrize("words", [words for words, call in CALLS.items() if call], ids=" ".join)
def test_it_prints_json_alone_to_standard_output_and_words_that_fit_beside_it(run, words):
    rest, holds = CALLS[words]
    done = run(*words, *rest, "--json")
    assert done.exit_code in (0, 1 if words == ("doctor",) else 0), done.output
    found = json.loads(done.stdout)
    assert holds is None or found[holds]
    assert holds != "schedules" or {"schedule", "title", "sigmas", "klub", "metrics"} == set(found["schedules"][0])
    assert "…" not in done.stderr
    assert max(map(len, done.stderr.splitlines()), default=0) <= COLUMNS


def test_words_are_printed_to_standard_output_again_where_no_json_is_asked_for(run):
    assert run("compare", "gaussian", "--steps", 3, "--json").stderr
    done = run("compare", "gaussian", "--steps", 3)
    assert "KLUB optimum" in done.stdout
    assert not done.stderr


def test_a_table_that_is_too_wide_goes_on_below_with_its_first_column(run):
    shown = run("compare", "gaussian", "--steps", 3).stdout
    assert shown.count("Automatic choice") == shown.count("┏") == 2
    for title in ("KLUB", "NLL", "Sliced W2", "Energy distance", "Outliers"):
        assert f" {title} " in shown
    assert shown.startswith("One Gaussian, model exact, 3 steps of Stochastic-DDIM.")
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= COLUMNS


def test_a_seed_draws_other_samples_for_the_same_schedules(run):
    words = ("optimize", "gaussian", "--method", "p-optimum", "--steps", 3, "--json", "--seed")
    first, again, other = (json.loads(run(*words, seed).stdout)["schedules"] for seed in (0, 0, 1))
    assert first == again
    assert [one["sigmas"] for one in first] == [one["sigmas"] for one in other]
    assert first[0]["metrics"] != other[0]["metrics"]
    assert run(*words, 1000).exit_code == 2


def test_the_shell_offers_the_names_of_the_app():
    offered = common.completing(*SOLVERS)("dpm")
    assert offered == [name for name in SOLVERS if name.startswith("dpm")]
    assert offered
    asked = {"_AYS_COMPLETE": "complete_bash", "COMP_WORDS": "ays compare --solver dpm", "COMP_CWORD": "3"}
    assert set(CliRunner().invoke(app, [], env=asked, prog_name="ays").output.split()) == set(offered)
