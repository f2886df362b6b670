"""A second definition like the first, under another name.

Invariant: no id is shared, and a function that calls itself calls its copy in the copy.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import Defined, NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import rebuild, with_fresh_ids
from dark_lang.restructuring.changing import Changed
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.references import retargeted
from dark_lang.restructuring.renaming import named, require_free


def copy_definition(draft: Draft, known: Known, toplevel: NodeId, name: str) -> Changed:
    """RefusedError if the name is taken or is none."""
    old = draft.tree(toplevel)
    if isinstance(old, top.Switch | top.Secret):
        raise RefusedError("switches and secrets are what they are called, and cannot be copied")
    new = named(with_fresh_ids(old, draft.fresh), name.rpartition(":")[2] if _is_prefixed(old, name) else name)
    require_free(known, new)
    copied = rebuild(new, lambda node: retargeted(node, Defined(old.id), Defined(new.id)))
    draft.create_toplevel(copied)
    return Changed(copied.id, (copied.id,))


def _is_prefixed(old: top.Toplevel, name: str) -> bool:
    """`worker:mail`, as an address has it; a function's colons belong to its name."""
    return not isinstance(old, top.Http | top.Function) and ":" in name
