"""The library's functions as guest code calls them: behind checks of how many and what arguments they get, and with the
world of the present run if they reach outside.

Must not know the canvas. Invariants: a function's body sees only arguments of the outermost types that its signature
says, and functions that take as many arguments as it will give them; each of these is a plain Python function whose
number of parameters is what it takes, like those made from guest code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from types import FunctionType
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

from dark_lang.errors import Failed
from dark_lang.library import LONG, MANY, Effect, Library, LibraryFunction, World
from dark_lang.library_signatures import Signature, parse_signature
from dark_lang.names import Standard
from dark_lang.stdlib.costs import at_once
from dark_lang.types import Fn, describe, outermost
from dark_lang.values.decoding import Decoder
from dark_lang.values.demanding import misfit
from dark_lang.values.describing import name_kind
from dark_lang.values.model import GuestDict, Value
from dark_lang.values.showing import show
from runtime.current import current_world, heavy

_SHOWN = 80  # characters of a value that a message shows


class Standards:
    """The functions of one library, made when they are first called."""

    _made: ClassVar[WeakKeyDictionary[Library, Standards]] = WeakKeyDictionary()

    def __init__(self, library: Library) -> None:
        self._library = library.functions
        self._functions: dict[Standard, FunctionType] = {}
        self._proven: dict[Standard, Callable[..., Value]] = {}
        self._growing: dict[Standard, Callable[..., Any]] = {}

    @classmethod
    def of(cls, library: Library) -> Standards:
        found = cls._made.get(library)
        if found is None:
            found = cls._made[library] = cls(library)
        return found

    def function(self, identity: Standard) -> FunctionType | None:
        """None if there is no such function."""
        found = self._functions.get(identity)
        if found is None:
            declared = self._library.get(identity)
            if declared is None:
                return None
            found = self._functions[identity] = _checked(declared, current_world)
        return found

    def proven(self, identity: Standard) -> Callable[..., Value] | None:
        """For calls whose arguments are known to be of their types; None if the function reaches outside, or is not
        there."""
        declared = self._library.get(identity)
        if declared is None or declared.effect is not Effect.PURE:
            return None
        found = self._proven.get(identity)
        if found is None:
            found = self._proven[identity] = _priced(declared, declared.proven or declared.body)
        return found

    def reaching(self, identity: Standard, world: Callable[[], World]) -> FunctionType | None:
        """For a function that reaches rows, the same with another world; None for others."""
        declared = self._library.get(identity)
        return _checked(declared, world) if declared is not None and declared.effect >= Effect.READS else None

    def decoding(self, declared: LibraryFunction, decoders: tuple[Decoder, ...]) -> FunctionType:
        """A function that decodes, for the types of one call."""
        return _checked(replace(declared, body=partial(declared.body, *decoders)), current_world)

    def growing(self, identity: Standard) -> Callable[..., Any] | None:
        """What stands for it where the compiler has seen that it may change its first argument."""
        found = self._growing.get(identity)
        if found is None:
            plain, declared = self.function(identity), self._library.get(identity)
            if plain is None or declared is None or declared.growing is None:
                return plain
            found = self._growing[identity] = declared.growing(plain)
        return found


def _checked(function: LibraryFunction, world: Callable[[], World]) -> FunctionType:
    signature = parse_signature(function)
    kinds: list[str] = []
    names: dict[str, Any] = {"body": function.body, "refuse": _refusing(function, signature), "world": world}
    names |= {"heavy": heavy, "cost": function.cost}
    large = _large(function, signature)
    for nth, (_, type_) in enumerate(signature.params):
        allowed = outermost(type_)
        if isinstance(type_, Fn):
            kinds.append(f"f{len(type_.params)}")
        elif allowed is None or function.identity.name.startswith("Op::"):
            kinds.append("")  # an operator says itself what it needs, in the words of the notation
        else:
            kinds.append("s" if nth in large else "t")
            names[f"t{nth}"] = allowed[0]
    build = _builder(tuple(kinds), function.effect is not Effect.PURE, _is_costly(function))
    made = build(names)
    made.__name__ = made.__qualname__ = f"{function.identity.name}_v{function.identity.version}"
    return made


def _priced(function: LibraryFunction, body: Callable[..., Value]) -> Callable[..., Value]:
    """The body behind no check but that of what the call costs."""
    signature = parse_signature(function)
    large = _large(function, signature)
    if not large and not _is_costly(function):
        return body
    kinds = tuple(["l" if nth in large else "" for nth in range(len(signature.params))])
    return _builder(kinds, False, _is_costly(function))({"body": body, "heavy": heavy, "cost": function.cost})


def _is_costly(function: LibraryFunction) -> bool:
    return function.cost is not None and function.cost is not at_once


def _large(function: LibraryFunction, signature: Signature) -> frozenset[int]:
    """The parameters whose size says what a call costs."""
    if function.cost is not None or function.identity.name.startswith("Op::"):
        return frozenset()
    # What a guest's function is called for can be interrupted between two calls; a text is never walked so.
    sized = _TEXTS if any(isinstance(type_, Fn) for _, type_ in signature.params) else _SIZED
    kinds = [outermost(type_) for _, type_ in signature.params]
    return frozenset([nth for nth, kind in enumerate(kinds) if kind is not None and kind[0] in sized])


_TEXTS: Final = frozenset({str, bytes})
_SIZED: Final = frozenset({str, bytes, list, GuestDict})


@cache
def _builder(kinds: tuple[str, ...], has_effect: bool, is_costly: bool) -> Callable[[dict[str, Any]], FunctionType]:
    """Makes functions that check arguments of these kinds: `t` of the type of that number, `l` whether it is large, `s`
    both, `f2` a function of two arguments. The text consists of numbers and words of ours alone."""
    args = [f"a{nth}" for nth in range(len(kinds))]
    checks: list[str] = []
    for nth, kind in enumerate(kinds):
        if kind == "l":
            continue
        if kind in ("t", "s"):
            checks.append(f" if type(a{nth}) is not t{nth}: refuse({nth}, a{nth})")
        elif kind:
            wrong = f"type(a{nth}) is not function or a{nth}.__code__.co_argcount != {int(kind[1:])}"
            checks.append(f" if {wrong}: refuse({nth}, a{nth})")
    checks += [f" if len(a{nth}) > {MANY}: heavy()" for nth, kind in enumerate(kinds) if kind in ("s", "l")]
    if is_costly:
        checks.append(f" if cost({', '.join(args)}) > {LONG}: heavy()")
    given = ", ".join([*(["world()"] if has_effect else []), *args])
    text = "\n".join([f"def standard({', '.join(args)}):", *checks, f" return body({given})"])
    code = compile(text, "<standard>", "exec", dont_inherit=True)

    def build(names: dict[str, Any]) -> FunctionType:
        names.update(__builtins__={"type": type, "len": len}, function=FunctionType)
        exec(code, names)
        made: FunctionType = names["standard"]
        return made

    return build


def _refusing(function: LibraryFunction, signature: Signature) -> Callable[[int, Value], None]:
    title = f"{function.identity.name}_v{function.identity.version}"

    def refuse(nth: int, value: Value) -> None:
        """Raises what is to be said of an argument that does not fit."""
        name, type_ = signature.params[nth]
        if isinstance(type_, Fn) and type(value) is FunctionType:
            takes = value.__code__.co_argcount
            given = f"{len(type_.params)} argument{'' if len(type_.params) == 1 else 's'}"
            raise Failed(f"{title} calls `{name}` with {given}, found a function of {takes}")
        error = misfit(describe(type_), value, title)
        if isinstance(error, Failed):
            error = Failed(
                f"{title} takes {_article(describe(type_))} as `{name}`, found {name_kind(value)}: "
                f"{show(value, limit=_SHOWN)}"
            )
        raise error

    return refuse


def _article(type_: str) -> str:
    if type_[:1].isalpha():
        return f"{'an' if type_[0] in 'AEIOU' else 'a'} {type_}"
    return type_
