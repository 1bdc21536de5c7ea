"""The components' JavaScript and CSS: each component in a folder of its own, what they share in `shared`."""

from pathlib import Path


def read(*names: str) -> str:
    """The files of those names, one after the other."""
    return "\n".join(_find(name).read_text(encoding="utf-8") for name in names)


def _find(name: str) -> Path:
    (path,) = Path(__file__).parent.rglob(name)
    return path
