"""Types in words, and what to do about two that do not fit. Imported where there is a mistake.

Must not know where it was found. Invariant: what it advises is code that can be written there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dark_lang.checking.marks import ANYTHING
from dark_lang.checking.terms import Con, Row, Term, Var, flatten, prune
from dark_lang.names import Ref
from dark_lang.naming import Realm
from dark_lang.notation.addresses import suggest
from dark_lang.types import describe

if TYPE_CHECKING:
    from dark_lang.checking.inferring import Inference

_LONGEST: Final = 120

_CONVERSIONS: Final = {
    ("Int", "Float"): "Int::toFloat makes a Float of an Int",
    ("Float", "Int"): "Float::round makes an Int of a Float",
    ("Int", "String"): "Int::toString makes a String of an Int",
    ("Float", "String"): "Float::toString makes a String of a Float",
    ("Bool", "String"): "Bool::toString makes a String of a Bool",
    ("Char", "String"): "Char::toString makes a String of a Char",
    ("Uuid", "String"): "Uuid::toString makes a String of a Uuid",
    ("DateTime", "String"): "DateTime::toString makes a String of a DateTime",
    ("Bytes", "String"): "Bytes::toString reads Bytes as text",
    ("String", "Bytes"): "String::toBytes makes Bytes of a String",
    ("String", "Int"): "Int::parse reads an Int",
    ("String", "Float"): "Float::parse reads a Float",
    ("String", "Json"): "Json::from makes Json of any value",
    ("Json", "String"): "Json::asString reads a String, Json::as any type",
    ("Json", "Int"): "Json::asInt reads an Int, Json::as any type",
    ("Json", "Float"): "Json::asFloat reads a Float, Json::as any type",
    ("Json", "Bool"): "Json::asBool reads a Bool, Json::as any type",
}


def spelled(inference: Inference, term: Term) -> str:
    term = prune(term)
    if type(term) is Var and term.is_number:
        return "an Int or a Float"
    if type(term) is Var:
        return ANYTHING

    def name(ref: Ref) -> str:
        return inference.known.spell(Realm.TYPE, ref)

    text = describe(inference.settled(term), name)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def advice(inference: Inference, own: Term, expected: Term) -> str:
    """What to do, in a few words; "" if nothing comes to mind."""
    shape, wanted = inference.unifier.shape(own), inference.unifier.shape(expected)
    if type(shape) is Row and type(wanted) is Row:
        return _about_fields(shape, wanted)
    if type(wanted) is Var and wanted.is_number:
        if type(shape) is Con and shape.head == "String":
            return "`++` joins two Strings; Int::parse and Float::parse read numbers"
        return ""
    if type(shape) is not Con:
        return ""
    if shape.head in ("Option", "Result") and not (type(wanted) is Con and wanted.head == shape.head):
        return f"`!` takes the value out, or leaves with the {'None' if shape.head == 'Option' else 'Error'}"
    if type(wanted) is Con:
        if wanted.head == "Option":
            return "Some(…) makes an Option of it"
        if wanted.head == "Result":
            return "Ok(…) makes a Result of it"
        if isinstance(shape.head, str) and isinstance(wanted.head, str):
            return _CONVERSIONS.get((shape.head, wanted.head), "")
    return ""


def _about_fields(own: Row, expected: Row) -> str:
    has, more = flatten(own)
    wants, rest = flatten(expected)
    absent = [label for label in wants if label not in has]
    extra = [label for label in has if label not in wants] if rest is None else []
    parts = []
    for label in absent[:3]:
        near = suggest(label, extra)
        if near:
            parts.append(f"`{near}` would have to be `{label}`")
            extra.remove(near)
        elif more is None:
            parts.append(f"the field `{label}` is missing")
    if extra and (not parts or more is not None):
        parts.append("no place for " + ", ".join(f"`{label}`" for label in extra[:3]))
    return "; ".join(parts)
