"""Our `dataclass` and `NamedTuple` beside those of the standard library: nobody who uses the classes can tell."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import typing

import pytest

from dark_lang import records


@records.dataclass(frozen=True, slots=True)
class Ours:
    left: int
    right: tuple[str, ...] = ("a",)


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    left: int
    right: tuple[str, ...] = ("a",)


@records.dataclass(frozen=True, slots=True)
class Empty:
    pass


@records.dataclass(frozen=True, slots=True)
class Checked:
    held: int

    def __post_init__(self) -> None:
        if self.held < 0:
            raise ValueError("negative")


class OurPoint(records.NamedTuple):
    across: int
    down: int = 7

    def flipped(self) -> OurPoint:
        return OurPoint(self.down, self.across)


class TheirPoint(typing.NamedTuple):
    across: int
    down: int = 7


def test_construction_is_the_same() -> None:
    assert (Ours(1).left, Ours(1).right) == (1, ("a",))
    assert Ours(left=1, right=()) == Ours(1, ()) != Ours(1)
    assert inspect.signature(Ours) == inspect.signature(Theirs)
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'left'"):
            kind()
        with pytest.raises(TypeError, match="unexpected keyword argument 'middle'"):
            kind(1, middle=2)


def test_equality_hash_and_repr_are_the_same() -> None:
    assert Ours(1) != Theirs(1)
    assert {Ours(1), Ours(1), Ours(2)} == {Ours(2), Ours(1)}
    assert repr(Ours(1)).replace("Ours", "Theirs") == repr(Theirs(1))
    assert (Empty() == Empty(), hash(Empty()) == hash(Empty()), repr(Empty())) == (True, True, "Empty()")


def test_nothing_can_be_assigned() -> None:
    ours = Ours(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        ours.left = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del ours.left
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
        ours.other = 2
    assert not hasattr(ours, "__dict__")


def test_copies_pickles_and_replacements() -> None:
    ours = Ours(1, ("b",))
    assert copy.copy(ours) == copy.deepcopy(ours) == pickle.loads(pickle.dumps(ours)) == ours
    assert dataclasses.replace(ours, left=2) == Ours(2, ("b",))
    assert [field.name for field in dataclasses.fields(Ours)] == [field.name for field in dataclasses.fields(Theirs)]
    assert Ours.__match_args__ == ("left", "right")


def test_what_is_out_of_the_ordinary_goes_to_the_original() -> None:
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)


def test_named_tuples_are_the_same() -> None:
    assert OurPoint(1) == TheirPoint(1) == (1, 7)
    assert OurPoint._fields == TheirPoint._fields
    assert OurPoint(1, 2).flipped() == (2, 1)
    assert OurPoint(1)._replace(down=0)._asdict() == TheirPoint(1, 0)._asdict()
    assert repr(OurPoint(1)).replace("Our", "Their") == repr(TheirPoint(1))
    assert pickle.loads(pickle.dumps(OurPoint(3))) == OurPoint(3)
    assert not hasattr(OurPoint(1), "__dict__")


def test_fields_that_say_more_are_no_reason_for_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most classes of nodes have some, and the long way took each command a tenth of its time."""
    asked: list[dict[str, object]] = []
    original = dataclasses.dataclass

    def dataclass(*args: object, **options: object) -> object:
        asked.append(options)
        return original(*args, **options)

    monkeypatch.setattr(dataclasses, "dataclass", dataclass)

    @records.dataclass(frozen=True, slots=True, eq=False)
    class Noted:
        held: int = dataclasses.field(metadata={"sort": 1})

    assert asked == [{"init": False, "eq": False, "repr": False, "slots": True}]
    assert Noted(3).held == 3
    assert dataclasses.fields(Noted)[0].metadata == {"sort": 1}
    assert dataclasses.replace(Noted(3), held=4).held == 4
