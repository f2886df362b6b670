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
from dark_lang.notation.printer import label_text
from dark_lang.notation.quoting import quote
from dark_lang.records import NamedTuple
from dark_lang.remedies import Mend, Remedy
from dark_lang.types import describe

if TYPE_CHECKING:
    from dark_lang.checking.inferring import Inference

_LONGEST: Final = 120

_CONVERSIONS: Final = {
    ("Int", "Float"): ("Int::toFloat makes a Float of an Int", "Int::toFloat(?it)"),
    ("Float", "Int"): ("Float::round makes an Int of a Float", "Float::round(?it)"),
    ("Int", "String"): ("Int::toString makes a String of an Int", "Int::toString(?it)"),
    ("Float", "String"): ("Float::toString makes a String of a Float", "Float::toString(?it)"),
    ("Bool", "String"): ("Bool::toString makes a String of a Bool", "Bool::toString(?it)"),
    ("Char", "String"): ("Char::toString makes a String of a Char", "Char::toString(?it)"),
    ("Uuid", "String"): ("Uuid::toString makes a String of a Uuid", "Uuid::toString(?it)"),
    ("DateTime", "String"): ("DateTime::toString makes a String of a DateTime", "DateTime::toString(?it)"),
    ("Bytes", "String"): ("Bytes::toString reads Bytes as text", "Bytes::toString(?it)!"),
    ("String", "Bytes"): ("String::toBytes makes Bytes of a String", "String::toBytes(?it)"),
    ("String", "Int"): ("Int::parse reads an Int", "Int::parse(?it)!"),
    ("String", "Float"): ("Float::parse reads a Float", "Float::parse(?it)!"),
    ("String", "Json"): ("Json::from makes Json of any value", "Json::from(?it)"),
    ("Json", "String"): ("Json::asString reads a String, Json::as any type", "Json::asString(?it)!"),
    ("Json", "Int"): ("Json::asInt reads an Int, Json::as any type", "Json::asInt(?it)!"),
    ("Json", "Float"): ("Json::asFloat reads a Float, Json::as any type", "Json::asFloat(?it)!"),
    ("Json", "Bool"): ("Json::asBool reads a Bool, Json::as any type", "Json::asBool(?it)!"),
}


class Advice(NamedTuple):
    """What to do, in words, and as an edit if it can be one."""

    says: str
    mend: Mend | None = None


_NONE: Final = Advice("")


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


def advice(inference: Inference, own: Term, expected: Term) -> Advice:
    """What to do, in a few words; "" if nothing comes to mind."""
    shape, wanted = inference.unifier.shape(own), inference.unifier.shape(expected)
    if type(shape) is Row and type(wanted) is Row:
        return Advice(_about_fields(shape, wanted))
    if type(wanted) is Var and wanted.is_number:
        if type(shape) is Con and shape.head == "String":
            return Advice("`++` joins two Strings; Int::parse and Float::parse read numbers")
        return _NONE
    if type(shape) is not Con:
        return _NONE
    if shape.head in ("Option", "Result") and not (type(wanted) is Con and wanted.head == shape.head):
        leaves = "None" if shape.head == "Option" else "Error"
        return _wrapping(f"`!` takes the value out, or leaves with the {leaves}", "?it!")
    if type(wanted) is Con:
        if wanted.head == "Option":
            return _wrapping("Some(…) makes an Option of it", "Some(?it)")
        if wanted.head == "Result":
            return _wrapping("Ok(…) makes a Result of it", "Ok(?it)")
        if isinstance(shape.head, str) and isinstance(wanted.head, str):
            conversion = _CONVERSIONS.get((shape.head, wanted.head))
            return _NONE if conversion is None else _wrapping(*conversion)
    return _NONE


def _wrapping(says: str, code: str) -> Advice:
    return Advice(says, Mend(Remedy.WRAP, code))


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


def instead_of_field(shape: Con, label: str) -> Advice:
    """What to do where a record is expected and this is found."""
    field = f"?it.{label_text(label)}"
    match shape.head:
        case "Dict" | "Json" as module:
            into = f"{module}::get(?it, {quote(label)})"
            said = f"{into.replace('?it', '…')} looks into {'a Dict' if module == 'Dict' else 'Json'}"
            return Advice(said, Mend(Remedy.REWRITE, field, into))
        case "Option" | "Result":
            instead = f"?it!.{label_text(label)}"
            said = f"`!` takes the record out, as in {instead.replace('?it', 'e')}"
            return Advice(said, Mend(Remedy.REWRITE, field, instead))
        case _:
            return _NONE
