"""Files with one learner's answers to the six questions: written by the Learn page, read by `class report`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ays_toy import checks
from ays_toy.lessons import quiz

KIND, VERSION = "AYS Explorer quiz", 1
LARGEST = 100_000  # bytes
MAX_NAME = 60  # letters of a nickname


@dataclass(frozen=True)
class Sheet:
    """One round of six answers: the form, and by topic the number of the option that was chosen."""

    form: str
    answers: Mapping[str, int]

    @property
    def right(self) -> dict[str, bool]:
        """Whether each topic was answered right."""
        return quiz.marked(self.form, self.answers)


@dataclass(frozen=True)
class Student:
    """A learner's sheets, by 'before' and 'after', as far as there are any; `id` is of the session they are from."""

    id: str
    nickname: str
    sheets: Mapping[str, Sheet]

    @property
    def key(self) -> str:
        """What tells this learner from others: the nickname, however it is capitalized, or else the session."""
        return f"named {' '.join(self.nickname.casefold().split())}" if self.nickname.strip() else f"session {self.id}"


def to_json(student: Student) -> str:
    """The file's text."""
    sheets = {when: {"form": one.form, "answers": dict(one.answers)} for when, one in student.sheets.items()}
    words = {"kind": KIND, "version": VERSION, "id": student.id, "nickname": student.nickname, "sheets": sheets}
    return json.dumps(words, indent=2, ensure_ascii=False)


def from_json(text: str) -> Student:
    """Read a file's text; ValueError with a sentence where it is no file of answers."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("It is not JSON: download the answers again from the Learn page.") from None
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise ValueError("It holds no answers to the quiz: download them from the Learn page.")
    if found.get("version") != VERSION:
        raise ValueError(f"Its version is {checks.quoted(found.get('version'))}, where this program reads {VERSION}.")
    name, id_, sheets = found.get("nickname", ""), found.get("id"), found.get("sheets")
    if not isinstance(name, str) or len(name) > MAX_NAME:
        raise ValueError(f"The nickname must be a text of at most {MAX_NAME} letters, not {checks.quoted(name)}.")
    if not isinstance(id_, str) or not 0 < len(id_) <= MAX_NAME:
        raise ValueError(f"The id must be a text of at most {MAX_NAME} letters, not {checks.quoted(id_)}.")
    if not isinstance(sheets, dict) or not sheets:
        raise ValueError("It holds no answers, neither from before the lessons nor from after them.")
    return Student(id_, name, {_when(when): _sheet(sheet) for when, sheet in sheets.items()})


def _when(text: str) -> str:
    checks.lookup(quiz.WHEN, text, "time of the answers")
    return text


def _sheet(found: Any) -> Sheet:
    if not isinstance(found, dict) or not isinstance(found.get("answers"), dict):
        raise ValueError(f"Answers must be given by topic, not as {checks.quoted(found)}.")
    form, answers = found.get("form"), found["answers"]
    items = quiz.items(form)  # type: ignore[arg-type]  # which it says, where it is none
    for topic, number in answers.items():
        item = checks.lookup(items, topic, "question")
        checks.whole_number(number, f"The answer to “{topic}”", 0, len(item.choices) - 1)
    return Sheet(str(form), {topic: int(number) for topic, number in answers.items()})


def read(paths: Iterable[Path]) -> tuple[list[Student], list[str]]:
    """The learners in those files, and in the .json files of those folders -> they, and a sentence for each problem.

    Sheets of one learner in several files are put together; where two of them disagree, the later file is left out.
    """
    found, problems = [], []
    for path in _files(paths):
        try:
            found.append((path, from_json(_text(path))))
        except ValueError as error:
            problems.append(f"{path} is left out: {error}")
    students: dict[str, Student] = {}
    keys = _keys(one for _, one in found)
    for path, one in found:
        key = keys.get(one.key, one.key)
        kept = students.get(key, one)
        both = kept.sheets.keys() & one.sheets.keys()
        differ = [when for when in quiz.WHEN if when in both and kept.sheets[when] != one.sheets[when]]
        if differ:
            problems.append(
                f"{path} is left out: Another file has other answers of the same learner ({one.nickname or one.id}) "
                f"{quiz.WHEN[differ[0]].lower()}: leave out one of the two, or change the nickname in one."
            )
        else:
            students[key] = Student(kept.id, kept.nickname or one.nickname, {**kept.sheets, **one.sheets})
    return list(students.values()), problems


def _keys(students: Iterable[Student]) -> dict[str, str]:
    """By the key of a session without a nickname the learner's, where the session has one nickname in other files."""
    named: dict[str, set[str]] = {}
    for one in students:
        if one.nickname.strip():
            named.setdefault(replace(one, nickname="").key, set()).add(one.key)
    return {session: keys.pop() for session, keys in named.items() if len(keys) == 1}


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        yield from sorted(path.glob("*.json")) if path.is_dir() else [path]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"It has more than {LARGEST:,} bytes, which answers never have.")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"It cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValueError("It is no text in UTF-8.") from None
