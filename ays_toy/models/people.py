"""Where things are kept, and whose they are: on a shared server, of a nickname and the one browser that took it.

The first browser that keeps something under a nickname has it. A digest of that browser's key lies beside what is kept,
and no other browser can add to it, replace or delete it; all can look at it.
"""

import hashlib
import os
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ays_toy import serving
from ays_toy.checks import expanded

MOST_PEOPLE, MOST_OF_ONE, MOST_BYTES = 300, 3, 2**30  # nicknames, those of one browser, and bytes of them all together
OWNER = "owner"  # the file that says who took a nickname
UNREADABLE = "unreadable"  # somebody's, and nobody can tell whose
NICKNAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,19}", re.ASCII)


def home() -> Path:
    """The folder that holds all that is kept: AYS_EXPLORER_HOME, or the user's own data folder."""
    return expanded(os.environ.get("AYS_EXPLORER_HOME") or platformdirs.user_data_dir("ays-explorer"))


def check_nickname(text: str) -> str:
    """Return a nickname in small letters, which may be empty; ValueError for what is none."""
    name = text.strip().lower()
    if name and not NICKNAME.fullmatch(name):
        raise ValueError("A nickname must be 1 to 20 letters, digits, - or _, a letter or digit first.")
    return name


@dataclass(frozen=True)
class Keeper:
    """Who keeps things: on a shared server a nickname and the key of the browser that uses it, else nobody special."""

    nickname: str = ""
    key: str = ""

    @property
    def folder(self) -> Path:
        """What holds this keeper's stores; ValueError for what cannot be a nickname."""
        if not serving.current().shared:
            return home()
        return home() / "people" / (check_nickname(self.nickname) or "nobody's")

    def named(self, name: str) -> str:
        """The name of a kept thing as links hold it: with the nickname before it, where there are nicknames."""
        return f"{self.nickname}/{name}" if serving.current().shared else name

    @property
    def owns(self) -> bool:
        """Whether nobody else has the nickname."""
        if not serving.current().shared:
            return True
        return bool(self.nickname and self.key) and _owner(self.folder) in ("", _digest(self.key))

    def take(self) -> None:
        """Take the nickname, or have it already; ValueError where that cannot be, or where all is full."""
        if not serving.current().shared:
            return
        if not (check_nickname(self.nickname) and self.key):
            raise ValueError("Choose a nickname first: on this server things are kept under one.")
        if not self.owns:
            raise ValueError(f"The nickname {self.nickname!r} is that of another browser: choose one of your own.")
        if _owner(self.folder):
            return
        people = [_owner(path) for path in self.folder.parent.glob("*")]
        if len(people) >= MOST_PEOPLE:
            raise ValueError(f"There are {MOST_PEOPLE} nicknames on this server, the most it has: ask who runs it.")
        if people.count(_digest(self.key)) >= MOST_OF_ONE:
            raise ValueError(f"A browser can have {MOST_OF_ONE} nicknames: use one of those that you have.")
        _write_once(self.folder / OWNER, _digest(self.key))
        if not self.owns:  # another was first
            raise ValueError(f"The nickname {self.nickname!r} has just been taken: choose another.")


NOBODY = Keeper()  # whose are all kept things where there are no nicknames


def kept_by_all() -> int:
    """The bytes of all that is kept under nicknames."""
    total = 0
    for path in (home() / "people").glob("*/*/*"):
        with suppress(OSError):
            total += path.stat().st_size
    return total


def _owner(folder: Path) -> str:
    """The digest of the key that a nickname belongs to; empty where nobody has it, `UNREADABLE` where it is lost."""
    try:
        return (folder / OWNER).read_text(encoding="ascii") or UNREADABLE
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeError):
        return UNREADABLE


def _write_once(path: Path, text: str) -> None:
    """Write a file that is not there yet, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{OWNER}.{uuid.uuid4().hex}")
    try:
        temporary.write_text(text, encoding="ascii")
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
