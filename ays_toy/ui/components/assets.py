"""The components' JavaScript and CSS, read from beside this file."""

from pathlib import Path


def read(*names: str) -> str:
    """The files of those names, one after the other."""
    return "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)
