"""DateTime: points in time, all in UTC. `hour` is wrong after noon here, and stays so for those who have it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dark_lang.errors import Failed
from dark_lang.library import Deprecation, Effect, LibraryFunction
from dark_lang.names import Standard
from dark_lang.values.instants import instant_text, read_instant

_BEYOND = "the DateTime would be outside the years 1 to 9999"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shifted(date: datetime, seconds: int) -> datetime:
    try:
        return date + timedelta(seconds=seconds)
    except OverflowError:
        raise Failed(_BEYOND) from None


def _parse(text: str) -> datetime:
    date = read_instant(text)
    if date is None:
        raise Failed("the text is no DateTime")
    return date


def _start_of_day(date: datetime) -> datetime:
    return date.replace(hour=0, minute=0, second=0, microsecond=0)


_NOON = 'Result::unwrap_v0(DateTime::parse_v1("2024-02-29T15:30:45Z"))'
_LATER = 'Result::unwrap_v0(DateTime::parse_v1("2024-02-29T15:30:46Z"))'

FUNCTIONS = (
    LibraryFunction(
        "DateTime::now_v0() -> DateTime",
        lambda world: world.now(),
        "The present. It stands still while one request is answered, so that a replay sees the same.",
        ("DateTime::year_v0(DateTime::now_v0()) > 2000",),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "DateTime::today_v0() -> DateTime",
        lambda world: _start_of_day(world.now()),
        "The start of the present day in UTC.",
        ("DateTime::hour_v1(DateTime::today_v0()) == 0",),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "DateTime::parse_v0(text: String) -> DateTime",
        _parse,
        "The DateTime that the text writes in ISO 8601. Fails if it is none.",
        ('DateTime::year_v0(DateTime::parse_v0("2024-02-29")) == 2024',),
        deprecated=Deprecation(
            "it fails where an Error could be handled",
            Standard("DateTime::parse", 1),
            "Result::unwrap_v0(DateTime::parse_v1(?text))",
        ),
    ),
    LibraryFunction(
        "DateTime::toString_v0(date: DateTime) -> String",
        instant_text,
        "In ISO 8601, with a fraction of the second if there is one.",
        (f'DateTime::toString_v0({_NOON}) == "2024-02-29T15:30:45Z"',),
    ),
    LibraryFunction(
        "DateTime::toStringISO8601BasicDate_v0(date: DateTime) -> String",
        lambda date: f"{date.year:04}{date.month:02}{date.day:02}",
        "The date alone, as eight digits.",
        (f'DateTime::toStringISO8601BasicDate_v0({_NOON}) == "20240229"',),
    ),
    LibraryFunction(
        "DateTime::toStringISO8601BasicDateTime_v0(date: DateTime) -> String",
        lambda date: f"{date.year:04}{date.month:02}{date.day:02}T{date.hour:02}{date.minute:02}{date.second:02}Z",
        "Date and time without the marks between them.",
        (f'DateTime::toStringISO8601BasicDateTime_v0({_NOON}) == "20240229T153045Z"',),
    ),
    LibraryFunction(
        "DateTime::fromSeconds_v0(seconds: Int) -> DateTime",
        lambda seconds: shifted(_EPOCH, seconds),
        "So many seconds after the start of 1970.",
        ('DateTime::toString_v0(DateTime::fromSeconds_v0(0)) == "1970-01-01T00:00:00Z"',),
    ),
    LibraryFunction(
        "DateTime::toSeconds_v0(date: DateTime) -> Int",
        lambda date: (date - _EPOCH) // timedelta(seconds=1),
        "The whole seconds since the start of 1970.",
        ("DateTime::toSeconds_v0(DateTime::fromSeconds_v0(-5)) == -5",),
    ),
    LibraryFunction(
        "DateTime::add_v0(date: DateTime, seconds: Int) -> DateTime",
        shifted,
        "So many seconds later.",
        (f"DateTime::add_v0({_NOON}, 1) == {_LATER}",),
    ),
    LibraryFunction(
        "DateTime::addDays_v0(date: DateTime, days: Int) -> DateTime",
        lambda date, days: shifted(date, days * 86_400),
        "So many days of 24 hours later.",
        (f"DateTime::month_v0(DateTime::addDays_v0({_NOON}, 1)) == 3",),
    ),
    LibraryFunction(
        "DateTime::subtractSeconds_v0(date: DateTime, seconds: Int) -> DateTime",
        lambda date, seconds: shifted(date, -seconds),
        "So many seconds earlier.",
        (f"DateTime::subtractSeconds_v0({_LATER}, 1) == {_NOON}",),
    ),
    LibraryFunction(
        "DateTime::subtract_v0(date: DateTime, seconds: Int) -> DateTime",
        lambda date, seconds: shifted(date, -seconds),
        "So many seconds earlier.",
        (f"DateTime::subtract_v0({_LATER}, 1) == {_NOON}",),
        deprecated=Deprecation(
            "version 1 subtracts a DateTime",
            Standard("DateTime::subtractSeconds", 0),
            "DateTime::subtractSeconds_v0(?date, ?seconds)",
        ),
    ),
    LibraryFunction(
        "DateTime::atStartOfDay_v0(date: DateTime) -> DateTime",
        _start_of_day,
        "The midnight (in UTC) with which its day begins.",
        (f'DateTime::toString_v0(DateTime::atStartOfDay_v0({_NOON})) == "2024-02-29T00:00:00Z"',),
    ),
    LibraryFunction(
        "DateTime::year_v0(date: DateTime) -> Int",
        lambda date: date.year,
        "The year.",
        (f"DateTime::year_v0({_NOON}) == 2024",),
    ),
    LibraryFunction(
        "DateTime::month_v0(date: DateTime) -> Int",
        lambda date: date.month,
        "The month, 1 to 12.",
        (f"DateTime::month_v0({_NOON}) == 2",),
    ),
    LibraryFunction(
        "DateTime::day_v0(date: DateTime) -> Int",
        lambda date: date.day,
        "The day of the month, 1 to 31.",
        (f"DateTime::day_v0({_NOON}) == 29",),
    ),
    LibraryFunction(
        "DateTime::weekday_v0(date: DateTime) -> Int",
        lambda date: date.isoweekday(),
        "The day of the week, 1 for Monday to 7 for Sunday.",
        (f"DateTime::weekday_v0({_NOON}) == 4",),
    ),
    LibraryFunction(
        "DateTime::hour_v0(date: DateTime) -> Int",
        lambda date: date.hour % 12,
        "The hour on a clock of 12 hours, so that 15:30 is 3.",
        (f"DateTime::hour_v0({_NOON}) == 3",),
        deprecated=Deprecation("it is wrong from noon on", Standard("DateTime::hour", 1), "DateTime::hour_v1(?date)"),
    ),
    LibraryFunction(
        "DateTime::minute_v0(date: DateTime) -> Int",
        lambda date: date.minute,
        "The minute, 0 to 59.",
        (f"DateTime::minute_v0({_NOON}) == 30",),
    ),
    LibraryFunction(
        "DateTime::second_v0(date: DateTime) -> Int",
        lambda date: date.second,
        "The second, 0 to 59.",
        (f"DateTime::second_v0({_NOON}) == 45",),
    ),
    LibraryFunction(
        "DateTime::lessThan_v0(date1: DateTime, date2: DateTime) -> Bool",
        lambda a, b: a < b,
        "Whether the first is earlier.",
        (f"DateTime::lessThan_v0({_NOON}, {_LATER})",),
    ),
    LibraryFunction(
        "DateTime::lessThanOrEqualTo_v0(date1: DateTime, date2: DateTime) -> Bool",
        lambda a, b: a <= b,
        "Whether the first is not later.",
        (f"DateTime::lessThanOrEqualTo_v0({_NOON}, {_NOON})",),
    ),
    LibraryFunction(
        "DateTime::greaterThan_v0(date1: DateTime, date2: DateTime) -> Bool",
        lambda a, b: a > b,
        "Whether the first is later.",
        (f"DateTime::greaterThan_v0({_LATER}, {_NOON})",),
    ),
    LibraryFunction(
        "DateTime::greaterThanOrEqualTo_v0(date1: DateTime, date2: DateTime) -> Bool",
        lambda a, b: a >= b,
        "Whether the first is not earlier.",
        (f"DateTime::greaterThanOrEqualTo_v0({_NOON}, {_NOON})",),
    ),
)
