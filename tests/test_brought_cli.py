"""Schedules from files on the command line: read, fitted and refused before anything is computed."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from ays_toy.cli import app, common
from ays_toy.exchange import export
from ays_toy.images import collect, results, sources
from ays_toy.runs import comparison, finding
from ays_toy.sampling.schedules import Schedule, edm, logsnr


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(common.console, "width", 240)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def no_pass(monkeypatch):
    """Whoever begins a pass over a model is found out."""

    def passed(*_args, **_more):
        raise AssertionError("a pass was begun")

    monkeypatch.setattr(comparison.Model, "collect", passed)
    monkeypatch.setattr(collect, "collect", passed)
    monkeypatch.setattr(collect, "stream", passed)
    monkeypatch.setattr(sources, "find", passed)


def words(output: str) -> str:
    return " ".join(output.replace("│", " ").replace("┃", " ").split())


def row(output: str, title: str) -> list[str]:
    line = next(line for line in output.splitlines() if title in line)
    return [cell.strip() for cell in line.strip("│┃ ").replace("┃", "│").split("│")]


def test_a_file_of_any_kind_stands_in_the_2d_table_as_yours(run, tmp_path):
    levels = edm(5)
    (tmp_path / "a.json").write_text(export.as_json(levels, method="EDM"))
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + export.as_csv(levels).encode())
    (tmp_path / "c.txt").write_text(export.as_comfyui(levels))
    done = run("compare", "gaussian", *(word for name in ("a.json", "b.csv", "c.txt") for word in ("--schedule", name)))
    assert done.exit_code == 0, done.output
    assert "c.txt: Its final zero is the model's lowest level" in words(done.output)
    rows = {name: row(done.output, name)[1:] for name in ("Yours: a", "Yours: b", "Yours: c", "EDM")}
    assert rows["Yours: a"] == rows["Yours: b"] == rows["EDM"], "as many steps as the file, on the same noise"
    assert rows["Yours: c"][0] == rows["EDM"][0]


def test_a_narrower_list_is_extended_to_the_others_range_with_a_word(run, tmp_path):
    (tmp_path / "narrow.txt").write_text("40 10 1 0.1 0.01")
    done = run("compare", "gaussian", "--schedule", "narrow.txt")
    assert done.exit_code == 0, done.output
    assert "narrow.txt: It does not reach over the model's range: 80 and 0.002 were added, 2 steps more." in words(
        done.output
    )
    levels = Schedule("yours", "x", np.array([80, 40, 10, 1, 0.1, 0.01, 0.002]))
    wide = finding.compare(comparison.Model("gaussian"), steps=6, brought=[levels])
    assert row(done.output, "Yours: narrow")[1].split(" ±")[0] == f"{wide[0].klub.value:.1f}"


def test_a_list_of_its_own_range_is_never_priced_beside_others():
    with pytest.raises(ValueError, match=r"80 to 0\.002"):
        finding.compare(comparison.Model("gaussian"), steps=5, brought=[Schedule("yours", "mine", edm(5, 0.01, 40.0))])
    with pytest.raises(ValueError, match=r"5 steps.*4"):
        finding.compare(comparison.Model("gaussian"), steps=4, brought=[Schedule("yours", "mine", edm(5))])


def test_two_files_of_one_name_are_two_rows(run, tmp_path):
    for folder, levels in {"one": edm(4), "two": logsnr(4)}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "schedule.json").write_text(json.dumps(levels.tolist()))
    done = run("compare", "gaussian", "--schedule", "one/schedule.json", "--schedule", "two/schedule.json")
    assert done.exit_code == 0, done.output
    assert row(done.output, "Yours: one/schedule.json")[1:] == row(done.output, "EDM")[1:]
    assert row(done.output, "Yours: two/schedule.json")[1:] == row(done.output, "LogSNR")[1:]


COMMANDS = {"2D": ("compare", "gaussian"), "images": ("image", "compare", "digits")}


@pytest.mark.usefixtures("no_pass")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(
    ("text", "more", "sentence"),
    [
        ("700 54.5 15.9 1 0.002", (), "yours.txt: The schedule runs from 700 to 0.002 and the model only from"),
        ("999 845 730 0", (), "yours.txt: These look like timesteps"),
        ("[true, 0.5]", (), "yours.txt: There is 'true' where a number should be"),
        ('{"levels": [1]}', (), 'yours.txt: The JSON has no "sigmas"'),
        ("", (), "yours.txt: There is nothing to read"),
        ("80 10 1 0", ("--steps", 0), "Yours: yours has 3 steps over the model's range and --steps says 0"),
        ("80 10 1 0", ("--steps", 8), "Yours: yours has 3 steps over the model's range and --steps says 8"),
        (
            "80 10 1 0.1 0",
            ("--schedule", "other.txt"),
            "Yours: other has 3 steps over the model's range and another has 4",
        ),
        (None, (), "yours.txt: The file cannot be read (No such file"),
        ("/", (), "yours.txt: The file cannot be read (Is a dir"),
        (" ".join(f"{80 * 0.94**k:.6g}" for k in range(130)), (), "steps: give at most"),
    ],
)
def test_what_cannot_be_compared_is_said_before_any_pass(run, tmp_path, command, text, more, sentence):
    (tmp_path / "other.txt").write_text("5 0.5 0")
    if text == "/":
        (tmp_path / "yours.txt").mkdir()
    elif text is not None:
        (tmp_path / "yours.txt").write_text(text.replace("80 ", "157.407 ", 1) if command[0] == "image" else text)
    done = run(*command, "--schedule", "yours.txt", *more)
    assert done.exit_code == 2, done.output
    assert sentence in words(done.output)
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("no_pass")
@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("compare", "gaussian", "--steps", 128), "number of steps must be"),
        (("compare", "gaussian", "--power", "nan"), "power"),
        (("optimize", "gaussian", "--method", "p-optimum", "--steps", 128), "number of steps must be"),
        (("optimize", "gaussian", "--method", "p-optimum", "--power", 5), "The power must be"),
        (("image", "optimize", "digits", "--method", "p-optimum", "--power", 5), "The power must be"),
        (("image", "compare", "digits", "--steps", 64), "number of steps must be"),
        (("image", "paths", "digits", "--steps", 64), "number of steps must be"),
    ],
)
def test_steps_and_power_are_looked_at_before_any_pass(run, command, sentence):
    done = run(*command)
    assert done.exit_code == 2, done.output
    assert sentence in words(done.output)


def test_an_image_models_table_has_the_file_over_the_models_range(run, tmp_path):
    model = results.of("digits").model
    levels = edm(3, model.sigma_min, model.sigma_max)
    (tmp_path / "mine.txt").write_text(export.as_comfyui(levels))
    done = run("image", "compare", "digits", "--schedule", "mine.txt", "--paths", 32, "--samples", 40)
    assert done.exit_code == 0, done.output
    yours, theirs = row(done.output, "Yours: mine"), row(done.output, "EDM")
    assert yours[1] == theirs[1]
    np.testing.assert_allclose(float(yours[2].split()[0]), float(theirs[2].split()[0]), rtol=1e-3)
