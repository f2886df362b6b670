"""`dataclass` and `NamedTuple` as the standard library has them, made in a fifth of the time.

A command that runs in the shell's own process makes 200 such classes before it does anything. The standard library
writes six methods for each frozen dataclass as text and compiles them, and parses each annotation of a NamedTuple: a
third of all the time that an edit without a server takes. Here frozen dataclasses share one constructor for each number
of fields, and the other methods are closures. Type checkers see the originals. Whatever is asked for beyond frozen and
slotted classes, the original does.

Must not know any class. Invariant: nobody who uses such a class can tell the difference, but for the text of the error
on assignment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
    from typing import NamedTuple
else:
    import dataclasses
    from collections import namedtuple
    from operator import attrgetter
    from types import FunctionType

    def dataclass(cls=None, /, **options):
        def make(cls):
            wanted = dict.fromkeys(("eq", "repr"), True) | options
            if wanted.pop("frozen", False) and wanted.pop("slots", False) and len(wanted) == 2 and not _is_special(cls):
                return _make(cls, **wanted)
            return dataclasses.dataclass(**options)(cls)

        return make if cls is None else make(cls)

    def _is_special(cls):
        """Whether it has a base, a field or a hook that only the original can handle."""
        return (
            hasattr(cls, "__post_init__")
            or any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__)
            or any(isinstance(held, dataclasses.Field) and not _is_plain(held) for held in vars(cls).values())
        )

    def _is_plain(field):
        return field.default_factory is dataclasses.MISSING and field.init and field.kw_only is not True

    def _make(cls, **wanted):
        cls.__doc__ = cls.__doc__ or cls.__name__  # else the original would make one of inspect's signature
        made = dataclasses.dataclass(init=False, eq=False, repr=False, slots=True)(cls)
        fields = dataclasses.fields(made)
        names = tuple([field.name for field in fields])
        own = {"__init__": _init(made, fields, names), "__setattr__": _refuse_set, "__delattr__": _refuse_delete}
        own |= {"__getstate__": _state, "__setstate__": _restore}
        read = attrgetter(*names) if names else _nothing
        if wanted["eq"]:
            own |= _equality(read)
        if wanted["repr"]:
            own["__repr__"] = _repr
        for name, method in own.items():
            # A class without `__eq__` of its own has `__hash__` from us; one with `__eq__` has None there by itself.
            if name not in vars(made) or (name == "__hash__" and "__eq__" not in vars(cls)):
                setattr(made, name, method)
        return made

    def _init(cls, fields, names):
        code = _INITS.get(len(names))
        if code is None:
            words = [f"a{nth}" for nth in range(len(names))]
            body = "; ".join(f"set{nth}(self, a{nth})" for nth in range(len(names))) or "pass"
            held = {}
            exec(f"def __init__({', '.join(('self', *words))}): {body}", held)
            code = _INITS[len(names)] = held["__init__"].__code__
        setters = {f"set{nth}": getattr(cls, name).__set__ for nth, name in enumerate(names)}
        named = code.replace(co_varnames=("self", *names), co_qualname=f"{cls.__qualname__}.__init__")
        defaults = tuple([field.default for field in fields if field.default is not dataclasses.MISSING])
        init = FunctionType(named, setters, "__init__", defaults)
        init.__module__ = cls.__module__
        init.__annotations__ = {**{field.name: field.type for field in fields}, "return": None}
        return init

    _INITS = {}

    def _equality(read):
        def equal(self, other):
            return read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented

        def hashed(self):
            return hash(read(self))

        return {"__eq__": equal, "__hash__": hashed}

    def _nothing(_):
        return ()

    def _repr(self):
        inner = ", ".join([f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self)])
        return f"{self.__class__.__qualname__}({inner})"

    def _refuse_set(_self, name, _value):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_delete(_self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def _state(self):
        return [getattr(self, field.name) for field in dataclasses.fields(self)]

    def _restore(self, state):
        for field, value in zip(dataclasses.fields(self), state, strict=True):
            object.__setattr__(self, field.name, value)

    class _Named(type):
        def __new__(cls, name, _bases, held):
            fields = held.get("__annotations__", {})
            defaults = [held[field] for field in fields if field in held]
            made = namedtuple(name, fields, defaults=defaults, module=held["__module__"])
            made.__annotations__ = fields
            for key, value in held.items():
                if key not in fields and key not in _KEPT:
                    setattr(made, key, value)
            return made

    _KEPT = frozenset({"__annotations__", "__module__"})

    class _NamedTuple:
        def __mro_entries__(self, _bases):
            return (_base,)

    _base = type.__new__(_Named, "NamedTuple", (), {})
    NamedTuple = _NamedTuple()

__all__ = ["NamedTuple", "dataclass"]
