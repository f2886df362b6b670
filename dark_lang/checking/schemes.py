"""Signatures in terms of the checker, made once for each and copied at each use that needs variables of its own.

Must not know uses. Invariant: a scheme is never changed; all its variables are generic.
"""

from __future__ import annotations

from typing import Final

from dark_lang.checking.terms import GENERIC, Con, Rigid, Term, Var, is_loose, term_of, variables
from dark_lang.library_signatures import Signature
from dark_lang.records import NamedTuple


class Scheme(NamedTuple):
    signature: Signature
    generic: tuple[Var, ...]  # the type parameters
    params: tuple[Term, ...]
    gives: Term
    names: tuple[str, ...]  # of the parameters
    is_generic: bool  # whether a use needs variables of its own
    is_loose: bool  # whether something in it goes with anything


_ROOM: Final = 20_000
_SCHEMES: Final[dict[int, Scheme]] = {}
"""By the `id()` of the signature, which the scheme keeps alive. Shared by threads: a lost entry is made anew."""


def scheme_of(signature: Signature) -> Scheme:
    found = _SCHEMES.get(id(signature))
    if found is None or found.signature is not signature:
        if len(_SCHEMES) >= _ROOM:
            _SCHEMES.clear()
        found = _SCHEMES[id(signature)] = _made(signature)
    return found


def _made(signature: Signature) -> Scheme:
    generic = tuple([Var(GENERIC, is_number=name in signature.numbers, name=name) for name in signature.type_params])
    named: dict[str, Term] = dict(zip(signature.type_params, generic, strict=True))

    def guess(name: str) -> Var:
        return Var(GENERIC, name=name)

    params = tuple([term_of(wanted, named, guess) for _, wanted in signature.params])
    # Fields without a name that may follow are the caller's choice in what it gives, and nobody's in what it gets.
    gives = term_of(signature.result, {**named, "": Con(Rigid(""))}, guess)
    names = tuple([name for name, _ in signature.params])
    whole = (*params, gives)
    is_generic = bool(generic) or any(True for term in whole for _ in variables(term))
    loose = any(is_loose(wanted) for wanted in (*[wanted for _, wanted in signature.params], signature.result))
    return Scheme(signature, generic, params, gives, names, is_generic, loose)
