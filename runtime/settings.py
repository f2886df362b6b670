"""canvas.toml: what a canvas is called, which one it is, and its limits; finding and making canvases.

Must not know diffs, programs or servers. Invariant: canvas.toml belongs to people; it is written once, when the canvas
is made, and only read afterwards, so no comment or key of theirs is ever lost.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dark_lang.errors import CanvasError, NewerFormat
from dark_lang.records import dataclass
from runtime.store.files import write_durably

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CANVAS_FILE = "canvas.toml"
FORMAT = 1
"""Of the whole canvas on disk. A canvas whose format is newer is refused."""
LANGUAGE = 1
"""For the new code of a new canvas."""


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """What one request may use."""

    time_ms: int = 1_000
    depth: int = 10_000
    memory_bytes: int = 256_000_000
    body_bytes: int = 10_000_000
    output_bytes: int = 100_000_000


@dataclass(frozen=True, slots=True)
class ServeSettings:
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    slow_processes: int = 8  # of each worker, for requests that take long; 0: they hold up the others


@dataclass(frozen=True, slots=True)
class LockSettings:
    window_days: int = 30
    serving: tuple[str, ...] = ()  # addresses of what serves elsewhere, and is locked here, too; "*" for all handlers
    loopback: bool = False  # whether requests from this machine count as traffic


@dataclass(frozen=True, slots=True)
class SubjectSettings:
    function: str = ""  # `Module::name`, Request -> Option<String>
    trusted_header: str = ""


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """What is kept of the traffic, on each host."""

    on: bool = True
    days: int = 30
    each: int = 10_000  # traces of one handler
    megabytes: int = 500  # of all
    sealed: tuple[str, ...] = ("password",)  # fields, headers and variables of routes that nobody is to read


@dataclass(frozen=True, slots=True)
class Settings:
    name: str
    id: str  # 32 hex digits
    format: int = FORMAT
    language: int = LANGUAGE
    limits: LimitSettings = LimitSettings()
    serve: ServeSettings = ServeSettings()
    locks: LockSettings = LockSettings()
    subject: SubjectSettings = SubjectSettings()
    traces: TraceSettings = TraceSettings()

    @property
    def canvas(self) -> bytes:
        """The 16 bytes that stand in every diff of this canvas."""
        return bytes.fromhex(self.id)


def find_canvas(start: Path, override: str | Path | None = None) -> Path:
    """The folder of the canvas that `start` is in, or the one that `override` names. Raises CanvasError."""
    if override:
        folder = start / override
        if not (folder / CANVAS_FILE).is_file():
            raise CanvasError(
                f"{override} is no canvas: it has no {CANVAS_FILE}", suggestion=f"make one with: dark new {override}"
            )
        return folder
    for folder in (start, *start.parents):
        if (folder / CANVAS_FILE).is_file():
            return folder
    raise CanvasError(
        f"no canvas here: neither {start} nor a folder above it has a {CANVAS_FILE}",
        suggestion="make one with: dark new NAME   or name one with: --canvas DIR",
    )


def create_canvas(folder: Path, name: str) -> Settings:
    """Makes an empty canvas in `folder`, made if need be. Raises CanvasError: it is one already, the disk refuses."""
    import tomli_w  # late: only a new canvas needs it

    settings = Settings(name, os.urandom(16).hex())
    written = {"name": name, "id": settings.id, "format": FORMAT, "language": LANGUAGE}
    limits = {entry.name: getattr(settings.limits, entry.name) for entry in fields(LimitSettings)}
    if (folder / CANVAS_FILE).exists():
        raise CanvasError(f"{folder} is a canvas already", suggestion="choose another name, or work in that one")
    try:
        for part in ("diffs", "data"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / ".dark").mkdir(mode=0o700, exist_ok=True)
        _write_new(folder / ".gitignore", "data/\n.dark/\ndiffs/.tmp/\n")
        _write_new(folder / ".gitattributes", "diffs/** -text\n")
        # Last, because it is what makes the folder a canvas: after a failure on the way, `dark new` can be run again.
        text = tomli_w.dumps({**written, "limits": limits})
        write_durably(folder / CANVAS_FILE, text.encode(), staging=folder / ".dark")
    except OSError as error:
        raise CanvasError(f"cannot make a canvas in {folder}: {error.strerror or error}") from error
    return settings


def _write_new(path: Path, text: str) -> None:
    """Adds the lines that are missing: the folder may have belonged to git before it became a canvas."""
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in text.splitlines() if line not in there.splitlines()]
    if missing:
        joint = "" if not there or there.endswith("\n") else "\n"
        path.write_text(there + joint + "\n".join(missing) + "\n", encoding="utf-8")


def read_settings(folder: Path) -> Settings:
    """The settings of the canvas in `folder`. Raises CanvasError: none there, unreadable, or of a newer format."""
    path = folder / CANVAS_FILE
    try:
        text = path.read_bytes().decode("utf-8")
        table = tomllib.loads(text)
    except FileNotFoundError as error:
        raise CanvasError(f"{folder} is no canvas: it has no {CANVAS_FILE}", suggestion="dark new NAME") from error
    except OSError as error:
        raise CanvasError(f"cannot read {path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise CanvasError(f"{path} is not readable as TOML: {error}", suggestion="correct it in an editor") from error
    return _settings(path, table)


def _settings(path: Path, table: Mapping[str, Any]) -> Settings:
    found = table.get("format", FORMAT)
    if isinstance(found, int) and found > FORMAT:
        raise NewerFormat(found, FORMAT)
    identity = table.get("id")
    if not isinstance(identity, str) or len(identity) != 32 or set(identity) - set("0123456789abcdef"):
        raise CanvasError(f"{path}: `id` is {identity!r}; expected the 32 hex digits that `dark new` wrote")
    try:
        return _filled(Settings, table, "")
    except (TypeError, ValueError) as error:
        raise CanvasError(f"{path}: {error}", suggestion="correct it in an editor") from error


S = TypeVar("S", bound="DataclassInstance")


def _filled(kind: type[S], table: Mapping[str, Any], prefix: str) -> S:
    """An instance with what `table` says; keys that we do not know are left to those who do."""
    values: dict[str, Any] = {}
    for entry in fields(kind):
        if entry.name not in table:
            continue
        value = table[entry.name]
        section = _SECTIONS.get(entry.name) if kind is Settings else None
        if section is not None:
            if not isinstance(value, dict):
                raise TypeError(f"`{entry.name}` is {value!r}; expected a section [{entry.name}]")
            values[entry.name] = _filled(section, value, f"{entry.name}.")
            continue
        expected = _TYPES[str(entry.type)]
        if type(value) is list and expected is tuple and all(type(each) is str for each in value):
            value = tuple(value)
        if type(value) is not expected:
            raise TypeError(f"`{prefix}{entry.name}` is {value!r}; expected {_WORDS[expected]}")
        if type(value) is int and value < 0:
            raise ValueError(f"`{prefix}{entry.name}` is {value}; expected a number of 0 or more")
        values[entry.name] = value
    if kind is Settings and "name" not in values:
        values["name"] = "canvas"
    return kind(**values)


_SECTIONS: dict[str, type] = {
    "limits": LimitSettings,
    "serve": ServeSettings,
    "locks": LockSettings,
    "subject": SubjectSettings,
    "traces": TraceSettings,
}
_TYPES: dict[str, type] = {"int": int, "bool": bool, "str": str, "tuple[str, ...]": tuple}
_WORDS: dict[type, str] = {
    int: "a whole number",
    bool: "true or false",
    str: "text in quotes",
    tuple: "a list of texts in quotes",
}
