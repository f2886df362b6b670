"""Lists of traces are what a look at each trace would give, whatever they are narrowed by."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dark_lang.errors import AddressError, UsageError
from dark_lang.names import NodeId
from runtime.traces.asking import Filter, TraceReader
from runtime.traces.files import TraceWriter, written
from runtime.traces.identities import TraceId, first_at, read_prefix, spell_trace, time_of
from runtime.traces.records import Answered, Asked, Decided, Origin, Trace
from runtime.traces.spans import read_moment, read_span, spell_span


def trace(
    nth: int, toplevel: int, status: int, duration: int, trial: bool, sides: tuple[tuple[int, bool], ...]
) -> Trace:
    return Trace(
        TraceId((1_700_000_000_000_000 + nth) << 11),
        Origin.REQUEST if toplevel else Origin.UNMATCHED,
        NodeId(toplevel),
        f"GET:/{toplevel}",
        b"",
        trial,
        duration,
        1,
        (),
        Asked("GET", f"/{toplevel}/{nth}".encode(), b"", (), b"", "", 0, 0),
        Answered(status, (), b"", 0),
        None,
        (),
        tuple([Decided(NodeId(switch), new, "share") for switch, new in dict(sides).items()]),
        None,
        None,
        "",
    )


HANDLERS = (0, 1, (1 << 63) + 5)
rows = st.lists(
    st.tuples(
        st.sampled_from(HANDLERS),
        st.sampled_from((200, 201, 404, 500, 503)),
        st.integers(0, 9),
        st.booleans(),
        st.lists(st.tuples(st.sampled_from((8, 9)), st.booleans()), max_size=2).map(tuple),
    ),
    max_size=30,
)
filters = st.builds(
    Filter,
    toplevel=st.none() | st.sampled_from(HANDLERS[1:]).map(NodeId),
    statuses=st.none() | st.sampled_from(((200, 201), (200, 300), (500, 600), (300, 400))),
    since=st.integers(0, 30).map(lambda nth: first_at(1_700_000_000_000_000 + nth)),
    until=st.integers(0, 30).map(lambda nth: first_at(1_700_000_000_000_000 + nth)),
    slower=st.integers(0, 9),
    faster=st.none() | st.integers(0, 9),
    side=st.none() | st.tuples(st.sampled_from((8, 9)).map(NodeId), st.booleans()),
    text=st.sampled_from(("", "/1/", "nowhere")),
    trials=st.none() | st.booleans(),
    unmatched=st.booleans(),
)


def fits(one: Trace, wanted: Filter) -> bool:
    return (
        (wanted.toplevel is None or one.toplevel == wanted.toplevel)
        and (wanted.statuses is None or wanted.statuses[0] <= one.status < wanted.statuses[1])
        and wanted.since <= one.id < wanted.until
        and one.duration >= wanted.slower
        and (wanted.faster is None or one.duration < wanted.faster)
        and (wanted.side is None or any((d.switch, d.new) == wanted.side for d in one.decisions))
        and (not wanted.text or (one.asked is not None and wanted.text.encode() in one.asked.path))
        and (wanted.trials is None or one.trial == wanted.trials)
        and (wanted.unmatched or one.toplevel != 0)
    )


@given(rows, filters, st.integers(1, 40), st.booleans())
def test_a_list_is_what_a_look_at_each_would_give(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, int, int, bool, tuple[tuple[int, bool], ...]]],
    wanted: Filter,
    limit: int,
    newest_first: bool,
) -> None:
    folder = tmp_path_factory.mktemp("traces")
    all_of_them = [trace(nth, *row) for nth, row in enumerate(rows)]
    with closing(TraceWriter(folder)) as writer:
        for start in range(0, len(all_of_them), 7):
            writer.write([written(one) for one in all_of_them[start : start + 7]])
    expected = [one for one in all_of_them if fits(one, wanted)]
    if newest_first:
        expected.reverse()
    with closing(TraceReader(folder)) as reader:
        found = reader.traces(wanted, limit, newest_first=newest_first)
    assert [opened.trace for opened in found] == expected[:limit]


def test_a_trace_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    with closing(TraceReader(tmp_path)) as reader, pytest.raises(AddressError, match="there is no trace ab"):
        reader.find("ab")
    both = [trace(1, 1, 200, 0, False, ()), trace(5_000, 1, 200, 0, False, ())]
    with closing(TraceWriter(tmp_path)) as writer:
        writer.write([written(one) for one in both])
    with closing(TraceReader(tmp_path)) as reader:
        assert reader.find(spell_trace(both[0].id)) == both[0].id
        with pytest.raises(AddressError, match="several"):
            reader.find(spell_trace(both[0].id)[:4])
        with pytest.raises(AddressError):
            reader.find("nonsense")


@given(st.integers(0, (1 << 63) - 1), st.integers(1, 16))
def test_an_id_lies_among_those_of_its_prefixes(number: int, length: int) -> None:
    bounds = read_prefix(spell_trace(number)[:length])
    assert bounds is not None and bounds[0] <= number <= bounds[1]
    assert first_at(time_of(number)) <= number


def test_spans_and_moments_are_read_as_people_write_them() -> None:
    assert read_span("1.5s") == 1_500_000 and read_span("2d") == 2 * 86_400_000_000
    assert read_moment("30m", 10**16, None) == 10**16 - 30 * 60_000_000
    for wrong in ("", "soon", "5", "-1s", "1e9s", "99999999999999999999d"):
        with pytest.raises(UsageError):
            read_span(wrong)
    for wrong in ("yesterday", "2026-13-01", "99999-01-01"):
        with pytest.raises(UsageError):
            read_moment(wrong, 0, None)
    assert [spell_span(each) for each in (5, 1_234, 340_000, 2_100_000, 61_000_000)] == [
        "5 µs",
        "1.2 ms",
        "340 ms",
        "2.1 s",
        "61 s",
    ]
