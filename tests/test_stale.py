"""What the documents say is so: commands run, names exist, links lead somewhere, pictures are as the page is.

And nothing is said twice: a sentence stands in one place, from which others take it.
"""

import importlib
import inspect
import re
from collections import defaultdict
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import typer
from documents import ROOT, commands, documents, in_code, project, sentences, texts_of_code

from ays_toy.cli import app
from ays_toy.sampling import solvers
from ays_toy.ui.front import TITLES
from benchmarks import shipped
from benchmarks.artefacts import ARTEFACTS

DOCUMENTS = documents()
COMMANDS = sorted({(name, tuple(words)) for name, text in DOCUMENTS.items() for words in commands(text)})
CODE = (".py", ".js", ".css", ".toml", ".yml", ".conf", ".txt", ".json")
FOLDERS = ("", "ays_toy", "ays_toy/ui", "ays_toy/ui/components", "docs")
PAST = ("CHANGELOG.md",)  # names what was
SERVED = ("_stcore", "data")  # by Streamlit; in the container
FOREIGN = {"MemoryMax", "CPUQuota"}  # systemd's


def parser_of(module: str) -> Any:
    """The command of a module that is run: what its options are."""
    if module == "ays_toy":
        return typer.main.get_command(app)
    loaded = importlib.import_module(module)
    if hasattr(loaded, "app"):
        return typer.main.get_command(loaded.app)
    alone = typer.Typer()
    alone.command()(loaded.main)
    return typer.main.get_command(alone)


@pytest.mark.parametrize(("name", "words"), COMMANDS, ids=lambda one: " ".join(one) if isinstance(one, tuple) else one)
def test_a_command_has_the_options_that_it_is_told_with(name: str, words: tuple[str, ...]) -> None:
    module, *rest = words
    if module == "ays-explorer" or module.split(".")[0] not in ("ays_toy", "benchmarks"):
        return
    if module == "benchmarks.fuzz":  # which has options of its own kind
        assert not rest
        return
    command = parser_of(module)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"{name}: {' '.join(words)}"
        command, rest = command.commands[rest[0]], rest[1:]
    if hasattr(command, "commands"):
        assert set(rest) <= {"--help"}
        return
    told = command.make_context(module, [word for word in rest if word != "--help"]).params
    if isinstance(told.get("solver"), str):
        assert solvers.find(told["solver"])


def test_there_are_commands_and_a_wrong_one_is_seen() -> None:
    assert len(COMMANDS) > 40
    with pytest.raises(Exception, match="--stepz"):
        parser_of("ays_toy").commands["compare"].make_context("compare", ["moons", "--stepz", "8"])


@cache
def vocabulary() -> set[str]:
    """Every word of the code."""
    files = (path for path in project() if path.name.endswith(CODE))
    ours = (path for path in files if path.parts[len(ROOT.parts)] not in ("docs", "tests", "site"))
    return {word for path in ours for word in re.findall(r"[^\W\d]\w*", path.read_text(encoding="utf-8"))}


def missing(span: str) -> list[str]:
    """What a piece of code in a text names that there is not."""
    if span.startswith("/"):
        return [] if re.match(r"/(\w*)", span)[1] in {"", *TITLES, *SERVED} else [span]  # type: ignore[index]
    if " " in span or span.startswith(("-", "$", "http", "?")) or "=" in span or "://" in span:
        return []  # commands and settings, which are looked at elsewhere
    if (ROOT / span).is_file():
        return []
    path = PurePosixPath(span)
    if re.fullmatch(r"[\w./-]+(/|\.(md|py|json|toml|js|yml|conf|txt|png|css))", span):
        there = any((ROOT / folder / span).exists() for folder in FOLDERS)
        return [] if there or any(one.name == path.name and one.parent != ROOT for one in project()) else [span]
    words = re.findall(r"[^\W\d]\w{2,}", span)
    return [word for word in words if word not in vocabulary() | FOREIGN]


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.endswith((".md", ".ipynb")) and name not in PAST])
def test_what_is_named_as_code_exists(name: str) -> None:
    ours = re.sub(r"^- \*Theirs\*:.*?(?=^- )", "", DOCUMENTS[name], flags=re.MULTILINE | re.DOTALL)
    gone = {span: lost for span in in_code(ours) if (lost := missing(span))}
    assert gone == {}


@pytest.mark.parametrize(
    "span", sorted({span for span in in_code(DOCUMENTS["ARCHITECTURE.md"]) if re.fullmatch(r"[a-z_]\w*(\.\w+)+", span)})
)
def test_what_the_map_of_the_code_names_is_in_the_module_that_it_says(span: str) -> None:
    if span.rpartition(".")[2] in ("js", "py", "md", "json", "yml"):
        return
    inside, _, last = span.rpartition(".")
    place = inside.replace(".", "/")
    ends = tuple(f"/{place}{end}" for end in (".py", "/__init__.py", f"/{last}.py"))
    files = [path for path in project() if path.as_posix().endswith(ends)]
    said = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert (
        re.search(rf"\b{last}\b", said)
        or any(path.stem == last for path in files)
        or (not files and last in vocabulary())
    )


def test_the_map_of_the_code_names_files_that_there_are() -> None:
    block = DOCUMENTS["ARCHITECTURE.md"].partition("The first line of every file")[0]
    named = [word for line in re.findall(r"^ {4,14}(\S.*?)(?:  |$)", block, re.MULTILINE) for word in line.split()]
    assert len(named) > 60
    there = {path.name for path in project()} | {path.stem for path in project() if path.suffix == ".py"}
    assert [word for word in named if word.strip("/:") not in there] == []


def test_no_sentence_is_said_in_two_places() -> None:
    said: dict[str, set[str]] = defaultdict(set)
    for name, text in DOCUMENTS.items():
        if name != "docs/teaching.template.md":
            kind = "notebooks" if name.endswith(".ipynb") else name  # each is opened alone
            for sentence in sentences(text):
                said[sentence].add(kind)
    for name, text in texts_of_code(ROOT / "ays_toy"):
        for sentence in sentences(inspect.cleandoc(text)):
            if sentence in said:
                said[sentence].add(name)
    assert {sentence: places for sentence, places in said.items() if len(places) > 1} == {}


def test_the_pictures_are_of_the_page_as_it_is() -> None:
    now = shipped.state(ARTEFACTS["pictures"], ROOT)
    assert now.word == "fresh", f"{now.why}: python -m benchmarks.shipped make pictures"


def test_an_environment_in_the_project_s_folder_is_none_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("own/one.py", ".streamlit/config.toml", "env/pyvenv.cfg", "env/lib/two.py", ".cache/three.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr("documents.ROOT", tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in project.__wrapped__()}
    assert found == {"own", "own/one.py", ".streamlit", ".streamlit/config.toml"}
