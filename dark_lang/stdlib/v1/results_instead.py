"""What failed in version 0 where the text made no sense, and gives a Result since."""

from __future__ import annotations

from dark_lang.errors import Failed
from dark_lang.library import LibraryFunction
from dark_lang.values.instants import read_instant
from dark_lang.values.jsonifying import from_json
from dark_lang.values.model import Value, error, ok


def _parse_json(text: str) -> Value:
    try:
        return ok(from_json(text))
    except Failed as failed:
        return error(failed.message)


def _parse_instant(text: str) -> Value:
    date = read_instant(text)
    return error("the text is no DateTime, such as 2024-02-29T15:30:00Z") if date is None else ok(date)


FUNCTIONS = (
    LibraryFunction(
        "Json::parse_v1(text: String) -> Result<Json, String>",
        _parse_json,
        "What the JSON text says, or why it is none. Of two members with one name, the later counts.",
        ('Result::isOk_v0(Json::parse_v1("[1, null]"))', 'Result::isError_v0(Json::parse_v1("[1,"))'),
    ),
    LibraryFunction(
        "DateTime::parse_v1(text: String) -> Result<DateTime, String>",
        _parse_instant,
        "The DateTime that the text writes in ISO 8601. A date alone is its midnight; without an offset it is UTC.",
        (
            'DateTime::parse_v1("2024-02-29T16:30+01:00") == DateTime::parse_v1("2024-02-29T15:30:00Z")',
            'Result::isError_v0(DateTime::parse_v1("2023-02-29"))',
        ),
    ),
)
