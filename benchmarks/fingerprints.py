"""Fingerprints of the code behind a result: a digest of every module of ours that a command imports, by its imports.

Read from the source, without running it. Comments, docstrings and empty lines say nothing of what a module does, so
that they may change; of a package's own `__init__` only what is imported by name counts, as it does to a reader.
"""

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("ays_toy", "benchmarks", "pages", "tests")
SHORT = 12  # letters of a digest


def modules(root: Path) -> dict[str, Path]:
    """Every module below a root by its full name."""
    files = [*root.glob("*.py"), *(path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py")))]
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


def imported(path: Path, known: Iterable[str]) -> Iterator[str]:
    """The names that a file imports, anywhere in it: modules as such where they are known, else what they come from."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from inner & set(known) or {node.module}


def code_of(first: Iterable[str], root: Path) -> dict[str, str]:
    """A digest of every module that the first ones import, directly or by others, and of themselves, by name."""
    known, found, waiting = modules(root), dict[str, str](), list(first)
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found[name] = digest(essence(known[name].read_text(encoding="utf-8")).encode())
            waiting += imported(known[name], known)
    return dict(sorted(found.items()))


def data_of(patterns: Iterable[str], root: Path) -> dict[str, str]:
    """A digest of every file that fits a pattern, by its path from the root."""
    files = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
    return {path.relative_to(root).as_posix(): digest(path.read_bytes()) for path in files}


def essence(source: str) -> str:
    """A module's text without comments, docstrings and empty lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            said = node.body[0]
            lines[said.lineno - 1 : said.end_lineno] = [""] * ((said.end_lineno or said.lineno) - said.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def digest(content: bytes) -> str:
    """A short name of a content."""
    return hashlib.sha256(content).hexdigest()[:SHORT]
