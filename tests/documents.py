"""What the documents say, taken apart: their texts, code in them, the commands and the sentences."""

import ast
import json
import os
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = (".streamlit", ".github", ".ci")  # of the folders that begin with a dot
PLACES = ("*.md", "docs/*.md", "deploy/**/*", ".github/**/*.yml", "compose.yml", "Dockerfile", "notebooks/*.ipynb")
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
BLOCK = re.compile(r"^(?: {4}|\t|# {4})(.*)$", re.MULTILINE)
COMMAND = re.compile(r"^(?:[A-Z_]+=\S* )*(?:torchrun .*?-m|python -m|ays(?= [a-z]|$)|ays-explorer)")
PROSE = re.compile(r"[.!?:](?:\s|$)|\n\s*\n|\n[-|#*]|\|")


@cache
def project() -> tuple[Path, ...]:
    """All files and folders of the project: not those of an environment in its folder, nor what tools leave there."""
    found: list[Path] = []
    for where, folders, files in os.walk(ROOT):
        here = Path(where)
        folders[:] = [
            name
            for name in folders
            if (name in OURS or not name.startswith((".", "__")))
            and not (here / name / "pyvenv.cfg").exists()
            and not name.endswith(".egg-info")
        ]
        found += [here / name for name in (*folders, *files)]
    return tuple(found)


def documents() -> dict[str, str]:
    """Every document by its path from the root; of notebooks their cells, code among them as blocks."""
    found = {}
    for path in (path for pattern in PLACES for path in sorted(ROOT.glob(pattern)) if path.is_file()):
        text = path.read_text(encoding="utf-8")
        found[path.relative_to(ROOT).as_posix()] = _cells(text) if path.suffix == ".ipynb" else text
    return found


def _cells(text: str) -> str:
    said = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        said.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    return "\n\n".join(said)


def in_code(text: str) -> Iterator[str]:
    """What stands between single backticks, on one line."""
    for found in CODE.finditer(FENCED.sub("", text)):
        yield " ".join(found[1].split())


def commands(text: str) -> Iterator[list[str]]:
    """Every command of this project in a text, as words, without what is set before it."""
    blocks = "\n".join([*(found[1] for found in FENCED.finditer(text)), *BLOCK.findall(text)])
    for line in [*in_code(text), *blocks.splitlines()]:
        for part in re.split(r"\s(?:&&|\|)\s", line.strip().replace("[", "").replace("]", "")):
            if COMMAND.match(part) and "…" not in part:
                yield _words(part)


def _words(command: str) -> list[str]:
    words = shlex.split(command, comments=True)
    while "=" in words[0]:
        words = words[1:]
    return (
        ["ays_toy" if words[0] == "ays" else words[0], *words[1:]]
        if "-m" not in words
        else words[words.index("-m") + 1 :]
    )


def sentences(text: str) -> Iterator[str]:
    """The longer sentences of a text, without its code and its marks."""
    plain = BLOCK.sub("", FENCED.sub("", text))
    for one in PROSE.split(plain):
        words = re.findall(r"[\w’']+", re.sub(r"\]\([^)]*\)", "]", one))
        if len(words) >= 9:
            yield " ".join(words).lower()


def texts_of_code(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text that the code has, with the file that it is in."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                yield path.relative_to(ROOT).as_posix(), node.value
