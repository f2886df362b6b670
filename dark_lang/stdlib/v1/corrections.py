"""What counted or measured something else in version 0 than its name said."""

from __future__ import annotations

from datetime import datetime, timedelta

from dark_lang.library import LibraryFunction
from dark_lang.values.graphemes import clusters, count_clusters
from dark_lang.values.model import Char


def _seconds_between(end: datetime, start: datetime) -> int:
    return (end - start) // timedelta(seconds=1)


_NIGHT = 'Result::unwrap_v0(DateTime::parse_v1("2024-02-29T23:30:00Z"))'

FUNCTIONS = (
    LibraryFunction(
        "String::length_v1(text: String) -> Int",
        count_clusters,
        "The number of characters as a reader counts them.",
        ('String::length_v1("abc") == 3', r'String::length_v1("e\u{301}") == 1'),
    ),
    LibraryFunction(
        "String::toList_v1(text: String) -> List<Char>",
        lambda text: [Char(char) for char in clusters(text)],
        "Its characters.",
        ('String::toList_v1("ab") == [c"a", c"b"]', r'List::length_v0(String::toList_v1("e\u{301}x")) == 2'),
    ),
    LibraryFunction(
        "DateTime::hour_v1(date: DateTime) -> Int",
        lambda date: date.hour,
        "The hour, 0 to 23.",
        (f"DateTime::hour_v1({_NIGHT}) == 23",),
    ),
    LibraryFunction(
        "DateTime::subtract_v1(end: DateTime, start: DateTime) -> Int",
        _seconds_between,
        "The whole seconds from the start to the end.",
        (f"DateTime::subtract_v1(DateTime::add_v0({_NIGHT}, 90), {_NIGHT}) == 90",),
    ),
)
