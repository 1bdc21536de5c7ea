"""Files of what ships, as the commands that make them keep them: how they were made, then a line for each finding."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def one_thread_each() -> None:
    """Let the processes that are started from here compute on one thread, since they share the machine."""
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def read(path: Path, rows: str, made: Mapping[str, Any], anew: bool) -> dict[str, Any]:
    """The rows of that name in a file, by their keys; ValueError where it was made with other settings or format."""
    record = _record(path, made, anew)
    if record and record["settings"] != made["settings"]:
        raise ValueError(f"{path.name} was made with other settings: give --anew, or another file.")
    return dict(record.get(rows, {}))


def read_fresh(path: Path, rows: str, made: Mapping[str, Any], anew: bool) -> dict[str, dict[str, Any]]:
    """The same where settings and findings have names: without the findings whose settings were others."""
    record = _record(path, made, anew)
    known = record.get("settings", {})
    fresh = {name for name, now in made["settings"].items() if known.get(name) == now}
    return {key: {name: row[name] for name in row if name in fresh} for key, row in record.get(rows, {}).items()}


def _record(path: Path, made: Mapping[str, Any], anew: bool) -> dict[str, Any]:
    if anew or not path.is_file():
        return {}
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if record["format"] != made["format"]:
        raise ValueError(f"{path.name} has another format: give --anew, or another file.")
    return record


def write(path: Path, rows: str, made: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Write how it was `made`, and what was found as the rows of that name, a line each; whole or not at all."""
    body = ",\n".join(f"{json.dumps(key)}:{_compact(row)}" for key, row in found.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(f'{_compact(made)[:-1]},\n"{rows}":{{\n{body}\n}}}}\n', encoding="utf-8")
    temporary.replace(path)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
