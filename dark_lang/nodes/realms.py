"""Which kind of definition the names of each realm mean.

Must not know how names are looked up. Invariant: the one place that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dark_lang.naming import Realm
from dark_lang.nodes import toplevels as top

KINDS: Final[Mapping[Realm, type[top.Toplevel]]] = {
    Realm.FUNCTION: top.Function,
    Realm.TYPE: top.Type,
    Realm.DATASTORE: top.Datastore,
    Realm.SWITCH: top.Switch,
    Realm.SECRET: top.Secret,
}
