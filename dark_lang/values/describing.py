"""The names of the types of values, for messages and for those who look at values.

Must not know any type's operations. Invariant: total: every Python object has an answer, and none raises but a hole.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import FunctionType
from typing import Final
from uuid import UUID

from dark_lang.errors import Stopped
from dark_lang.values.model import (
    Case,
    Char,
    DatastoreValue,
    GuestDict,
    HoleValue,
    Json,
    Response,
    Value,
)

_NAMES: Final[Mapping[type, str]] = {
    int: "Int",
    float: "Float",
    bool: "Bool",
    str: "String",
    Char: "Char",
    bytes: "Bytes",
    datetime: "DateTime",
    UUID: "Uuid",
    list: "List",
    dict: "Record",
    GuestDict: "Dict",
    Json: "Json",
    FunctionType: "Fn",
    DatastoreValue: "Datastore",
    Response: "Response",
}


def type_name(value: Value) -> str:
    """`Int`, `List`, `Option`; for an enum of the canvas the name of its case, since values do not know more.

    Raises Stopped for a hole.
    """
    kind = type(value)
    if kind is HoleValue:
        raise Stopped(f"the run came to {value.says}", node=value.node)
    if kind is Case:
        return value.type if isinstance(value.type, str) else value.name
    if kind is tuple:
        return "Tuple" if value else "Unit"
    return _NAMES.get(kind, "Fn" if callable(value) else kind.__name__)


def name_kind(value: Value) -> str:
    """The type of `value` with an article, as messages need it: `an Int`, `a function`."""
    name = type_name(value)
    if name == "Fn":
        return "a function"
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name}"
