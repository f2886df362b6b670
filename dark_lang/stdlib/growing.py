"""Lists, Dicts and Strings that grow in place, where the compiler has seen that nobody looks at them meanwhile.

A fold whose function does no more with what it has so far than to add to it need not copy it for each item. Such a
function gets a `Growing` in its place, and hands it from one growing function to the next and back to the fold.
Must not know how the compiler sees it (`compiling.growing`). Invariants: a value is copied before it is added to for
the first time, so that only what this fold has made is ever changed; no value that the program can see holds a Growing;
what a growing function cannot do it leaves to the plain one, which says why not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from dark_lang.values.limits import LIST_LENGTH, TEXT_LENGTH
from dark_lang.values.model import GuestDict, Value

Function = Callable[..., Any]


class Growing:
    """What a fold has so far. `kind` is None while `value` belongs to others too. A str is held in pieces."""

    __slots__ = ("kind", "length", "value")

    def __init__(self, value: Value) -> None:
        self.value = value
        self.kind: type | None = None
        self.length = 0  # of a str that is in pieces

    def settled(self) -> Value:
        """The plain value. The program may see it from now on."""
        if self.kind is str:
            self.value = "".join(self.value)
        self.kind = None
        return self.value


def _refused(plain: Function, state: Growing, *args: Value) -> NoReturn:
    plain(state.settled(), *args)
    raise AssertionError("the plain function took what the growing one could not")


def _refused_fold(plain: Function, walked: Value, init: Value, function: Function) -> NoReturn:
    plain(walked, init.settled() if type(init) is Growing else init, function)
    raise AssertionError("the plain fold took what the growing one could not")


def push_back(plain: Function) -> Function:
    def grow(state: Growing, value: Value) -> Growing:
        if state.kind is not list:
            if state.kind is not None or type(state.value) is not list:
                _refused(plain, state, value)
            state.value = state.value.copy()
            state.kind = list
        state.value.append(value)
        return state

    return grow


def append_list(plain: Function) -> Function:
    def grow(state: Growing, items: Value) -> Growing:
        if type(items) is not list:
            _refused(plain, state, items)
        if state.kind is not list:
            if state.kind is not None or type(state.value) is not list:
                _refused(plain, state, items)
            state.value = state.value.copy()
            state.kind = list
        if len(state.value) + len(items) > LIST_LENGTH:
            _refused(plain, state, items)
        state.value += items
        return state

    return grow


def append_text(plain: Function) -> Function:
    def grow(state: Growing, text: Value) -> Growing:
        if type(text) is not str:
            _refused(plain, state, text)
        if state.kind is not str:
            if state.kind is not None or type(state.value) is not str:
                _refused(plain, state, text)
            state.length = len(state.value)
            state.value = [state.value]
            state.kind = str
        length = state.length + len(text)
        if length > TEXT_LENGTH:
            _refused(plain, state, text)
        state.length = length
        state.value.append(text)
        return state

    return grow


def set_entry(plain: Function) -> Function:
    def grow(state: Growing, key: Value, value: Value) -> Growing:
        if type(key) is not str:
            _refused(plain, state, key, value)
        if state.kind is not GuestDict:
            if state.kind is not None or type(state.value) is not GuestDict:
                _refused(plain, state, key, value)
            state.value = GuestDict(state.value)
            state.kind = GuestDict
        state.value[key] = value
        return state

    return grow


def fold_list(plain: Function) -> Function:
    def fold(items: Value, init: Value, f: Function) -> Value:
        if type(items) is not list:
            _refused_fold(plain, items, init, f)
        state = init if type(init) is Growing else Growing(init)
        for item in items:
            found = f(state, item)
            if found is not state:
                state.value = found
                state.kind = None
        # A fold within a fold hands the state on: only the outermost shows what has become of it.
        return state if init is state else state.settled()

    return fold


def fold_dict(plain: Function) -> Function:
    def fold(entries: Value, init: Value, f: Function) -> Value:
        if type(entries) is not GuestDict:
            _refused_fold(plain, entries, init, f)
        state = init if type(init) is Growing else Growing(init)
        for key, value in entries.items():
            found = f(state, key, value)
            if found is not state:
                state.value = found
                state.kind = None
        return state if init is state else state.settled()

    return fold
