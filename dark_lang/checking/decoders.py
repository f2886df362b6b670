"""From a type to what reads JSON as its values; and why there is no such thing, where there is not.

Must not know calls or canvases. Invariants: the checker marks exactly the calls for which the linker finds no decoder,
since both ask here; a type that holds itself gets a decoder that does, and one that never ends is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from dark_lang.checking.knowing import TypeDefinition
from dark_lang.names import Defined, Ref, Standard
from dark_lang.types import UNKNOWN, Fn, Named, Record, Tuple, Type, Unknown, Variable, describe, filled
from dark_lang.values.decoding import (
    PLAIN,
    Decoder,
    FieldDecoder,
    dict_decoder,
    enum_decoder,
    list_decoder,
    option_decoder,
    record_decoder,
    tuple_decoder,
)

Spell: TypeAlias = Callable[[Ref], str]
Definition: TypeAlias = Callable[[Ref], TypeDefinition | None]

_MOST: Final = 300  # different types in a type, and aliases of aliases


class NotDecodableError(Exception):
    """`problem`: what is wrong with the type; "" if it is not known."""

    def __init__(self, problem: str = "") -> None:
        super().__init__(problem)
        self.problem = problem

    def said(self, function: Ref) -> str:
        name = function.name if isinstance(function, Standard) else "this"
        return self.problem or f"what {name} is to read is not known here"

    def advice(self, function: Ref) -> str:
        name = function.name if isinstance(function, Standard) else "Json::as"
        return "" if self.problem else f"write the type: {name}<User>(…)"


def decoder_of(wanted: Type, definition: Definition, spell: Spell) -> Decoder:
    """Raises NotDecodableError. `definition` gives None for what is not there; `spell` the names for messages."""
    making = _Making(definition, spell)
    try:
        return making.whole(wanted)
    except RecursionError:
        raise NotDecodableError(_ENDLESS.format(_named(wanted, spell))) from None


_ENDLESS: Final = "{} cannot be read from JSON: it never ends"


def _named(wanted: Type, spell: Spell) -> str:
    text = describe(wanted, spell)
    return text if len(text) <= 80 else f"{text[:79]}…"


class _Making:
    """Decoders are made before those of their parts are: what is to be filled in waits in a queue."""

    def __init__(self, definition: Definition, spell: Spell) -> None:
        self._definition = definition
        self._spell = spell
        self._made: dict[Type, Decoder] = {}
        self._waiting: list[Callable[[], None]] = []
        self._options: dict[Decoder, list[Decoder]] = {}

    def whole(self, wanted: Type) -> Decoder:
        decoder = self._of(wanted)
        while self._waiting:
            if len(self._made) > _MOST:
                raise NotDecodableError(_ENDLESS.format(_named(wanted, self._spell)))
            self._waiting.pop()()
        for option in self._options:
            self._refuse_endless(option, wanted)
        return decoder

    def _refuse_endless(self, option: Decoder, wanted: Type) -> None:
        """An Option of an Option takes nothing off the JSON, so that one of itself would go on for ever."""
        inner = option
        for _ in range(len(self._options) + 1):
            held = self._options.get(inner)
            if held is None:
                return
            inner = held[0]
        raise NotDecodableError(_ENDLESS.format(_named(wanted, self._spell)))

    def _of(self, wanted: Type) -> Decoder:
        bare = self._bare(wanted)
        found = self._made.get(bare)
        if found is None:
            found = self._made[bare] = self._make(bare)
        return found

    def _bare(self, wanted: Type) -> Type:
        """What an alias stands for."""
        bare = wanted
        for _ in range(_MOST):
            if not isinstance(bare, Named) or not isinstance(bare.type, Defined):
                return bare
            defined = self._definition(bare.type)
            if defined is None:
                raise NotDecodableError
            if defined.alias is None:
                return bare
            bare = filled(defined.alias, _given(defined, bare))
        raise NotDecodableError(_ENDLESS.format(_named(wanted, self._spell)))

    def _make(self, bare: Type) -> Decoder:
        match bare:
            case Named(Standard(name), args):
                return self._standard(bare, name, args)
            case Named(Defined(definition) as ref):
                defined = self._definition(ref)
                if defined is None:
                    raise NotDecodableError
                cases = {case: self._filled(held, _given(defined, bare)) for case, held in defined.cases.items()}
                return enum_decoder(definition, cases, self._spell(ref))
            case Tuple(items):
                return tuple_decoder(self._filled(items))
            case Record(fields, None):
                return self._record(bare, fields)
            case Record():
                raise NotDecodableError(f"which fields {_named(bare, self._spell)} has is not all known")
            case Fn():
                raise NotDecodableError(f"{_named(bare, self._spell)}, a function, cannot be read from JSON")
            case Variable() | Unknown() | Named():
                raise NotDecodableError

    def _standard(self, bare: Type, name: str, args: tuple[Type, ...]) -> Decoder:
        match name:
            case "List":
                return list_decoder(self._filled(args))
            case "Dict":
                return dict_decoder(self._filled(args))
            case "Option":
                inner = self._filled(args)
                option = option_decoder(inner)
                self._options[option] = inner
                return option
            case "Result":
                good, bad = args
                return enum_decoder(name, {"Ok": self._filled((good,)), "Error": self._filled((bad,))}, name)
            case "Any":
                raise NotDecodableError
        plain = PLAIN.get(name)
        if plain is None:
            raise NotDecodableError(f"a {_named(bare, self._spell)} cannot be read from JSON")
        return plain

    def _record(self, bare: Type, fields: tuple[tuple[str, Type], ...]) -> Decoder:
        held: list[FieldDecoder] = []

        def fill() -> None:
            for label, wanted in fields:
                means = self._bare(wanted)
                self._of(means)  # an Option too, so that one of itself is seen
                is_option = isinstance(means, Named) and means.type == _OPTION
                held.append(FieldDecoder(label, self._of(_first(means) if is_option else means), is_option))

        self._waiting.append(fill)
        return record_decoder(held, _named(bare, self._spell))

    def _filled(self, wanted: tuple[Type, ...], given: Mapping[str, Type] | None = None) -> list[Decoder]:
        """A list that will hold the decoders of these types."""
        held: list[Decoder] = []

        def fill() -> None:
            held.extend([self._of(filled(each, given) if given else each) for each in wanted])

        self._waiting.append(fill)
        return held


_OPTION: Final = Standard("Option")


def _first(means: Type) -> Type:
    return means.args[0] if isinstance(means, Named) else means


def _given(defined: TypeDefinition, named: Named) -> dict[str, Type]:
    missing = (UNKNOWN,) * (len(defined.params) - len(named.args))
    return dict(zip(defined.params, (*named.args, *missing), strict=False))
