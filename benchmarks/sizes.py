"""What an installation takes on disk, by extra: the packages that are installed here, added up from their own lists.

What Python compiles is left out, and so is what is not installed here, which is named.
"""

import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ays_toy.cli.common import print_columns

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = {"": [], **PROJECT["optional-dependencies"]}
MB = 1e6


def needed(asked: Iterable[str]) -> tuple[dict[str, Distribution], set[str]]:
    """All packages that these requirements lead to: those that are here, and the names of those that are not."""
    here: dict[str, Distribution] = {}
    missing: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [Requirement(one) for one in asked]
    while todo:
        one = todo.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name == PROJECT["name"]:
            todo += [Requirement(more) for extra in extras for more in EXTRAS[extra]]
            continue
        try:
            here[name] = distribution(name)
        except PackageNotFoundError:
            missing.add(name)
            continue
        for text in here[name].requires or []:
            more = Requirement(text)
            if more.marker is None or any(more.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                todo.append(more)
    return here, missing


def size(one: Distribution) -> int:
    """Bytes of the files that a package has installed."""
    paths = (Path(str(one.locate_file(file))) for file in one.files or [] if "__pycache__" not in file.parts)
    return sum(path.stat().st_size for path in paths if path.is_file())


def own_size() -> int:
    """Bytes of the project itself."""
    paths = (path for path in (ROOT / "ays_toy").rglob("*") if "__pycache__" not in path.parts)
    return sum(path.stat().st_size for path in paths if path.is_file())


def main() -> None:
    """Print what each extra takes, its three largest packages, and what of it is not installed here."""
    rows = []
    for extra, asked in EXTRAS.items():
        here, missing = needed([*PROJECT["dependencies"], *asked])
        sizes = {name: size(one) for name, one in here.items()}
        largest = sorted(sizes, key=lambda name: -sizes[name])[:3]
        total = (sum(sizes.values()) + own_size()) / MB
        most = ", ".join(f"{name} {sizes[name] / MB:.0f}" for name in largest)
        rows.append((extra or "no extra", f"{total:,.0f}", most, ", ".join(sorted(missing)) or "–"))
    print_columns(("extra", "MB", "most of it", "not installed here"), rows)


if __name__ == "__main__":
    main()
