"""Which kind of definition the names of each realm mean, and which nodes hold such names.

Must not know how names are looked up. Invariant: the one place that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node

KINDS: Final[Mapping[Realm, type[top.Toplevel]]] = {
    Realm.FUNCTION: top.Function,
    Realm.TYPE: top.Type,
    Realm.DATASTORE: top.Datastore,
    Realm.SWITCH: top.Switch,
    Realm.SECRET: top.Secret,
}

REFERENCES: Final[Mapping[type[Node], tuple[str, Realm]]] = {
    e.Call: ("function", Realm.FUNCTION),
    e.FunctionRef: ("function", Realm.FUNCTION),
    e.Construct: ("type", Realm.TYPE),
    p.Constructor: ("type", Realm.TYPE),
    t.Named: ("type", Realm.TYPE),
    e.DatastoreRef: ("datastore", Realm.DATASTORE),
    e.SecretRef: ("secret", Realm.SECRET),
    e.Toggle: ("switch", Realm.SWITCH),
}
"""For each kind of node that refers to something: the field that does, and to what."""
