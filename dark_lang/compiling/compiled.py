"""What compiling a definition yields: a code object, what must be put beside it to run, and where its lines come from.

Must not know how code is generated, nor which canvas it will be linked to. Invariant: it depends on the content of one
definition alone, so that it can be kept for as long as that content is, whatever else changes around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from types import CodeType

from dark_lang.library import DECODING_FUNCTIONS
from dark_lang.names import NOWHERE, NodeId, Ref, Standard, Unresolved
from dark_lang.records import NamedTuple, dataclass
from dark_lang.values.model import Value


class NeedKind(Enum):
    CALL = auto()  # a function that `takes` so many arguments, to be called; it may be bound when it is first called
    FUNCTION = auto()  # a function as a value
    CASE = auto()  # the identity of an enum's type, if it has the case `label` that `takes` so many values
    DATASTORE = auto()  # a DatastoreValue
    SECRET = auto()  # a secret's value
    SWITCH = auto()  # a function without parameters: whether the Toggle `node` takes its new side in this run
    PARTIAL = auto()  # whether the Partial `node` runs its new side
    CONFLICT = auto()  # which side of the Conflict `node` runs: 0 is the base, 1 the first alternative


GROWING = "growing"
"""The label of a CALL of the kind of standard function that may change its first argument (`compiling.growing`)."""


def bound_for(function: Ref, node: NodeId) -> NodeId:
    """The node for which a call or a mention of a function is bound, if it is another function at each: the library's
    that decode, and a name of which nobody knows yet whether it will be one of those."""
    if type(function) is Standard:
        return node if (function.name, function.version) in DECODING_FUNCTIONS else NOWHERE
    return node if type(function) is Unresolved else NOWHERE


class Need(NamedTuple):
    """A global name of the code that whoever links it has to bind. What cannot be bound is left out of the globals,
    and running into it is a failure whose message the linker keeps under `PROBLEMS`; a CALL that cannot be bound is
    bound to a function that fails."""

    kind: NeedKind
    ref: Ref | None
    takes: int
    label: str
    node: NodeId


class Site(NamedTuple):
    """A line whose instruction fails by itself, without a check before it, and how to say then what was wrong.

    `what` is "apply", "field", "operator" or "text"; `operands` are the Python names that hold what it worked on."""

    what: str
    operands: tuple[str, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """Executing `code` in a globals dict defines `main`, which takes `params`."""

    code: CodeType
    params: tuple[str, ...]
    needs: Mapping[str, Need]
    constants: Mapping[str, Value]  # global names that are bound to the same values wherever the code is linked
    nodes: tuple[NodeId, ...]  # line n of the code belongs to nodes[n - 1]; line 1 to the definition as a whole
    sites: Mapping[int, Site]


NODES = "__nodes__"
SITES = "__sites__"
PROBLEMS = "__problems__"
TITLE = "__title__"
"""Under these names the linker puts Compiled.nodes, Compiled.sites, the reasons of what it could not bind
(dict[str, Failed]) and the address of the definition into the globals of the code, where tracebacks lead to them."""

GUEST_FILE = "<canvas>"
"""The file name of guest code. Frames of other files are ours."""


@dataclass(frozen=True, slots=True)
class Left:
    """The None or Error with which `!` left the body of an HTTP handler, where it is an answer of its own."""

    value: Value
