"""A side of a switch for one request, by a header that only holders of the canvas's key can make.

    x-dark-force: 1.<expires, seconds since 1970>.<16 letters of a switch>=<new|old>[,…].<32 hex digits>

Must not know requests beyond that header. Invariants: a header that is not ours, is over, or was changed forces
nothing, and costs the request nothing else; the signature covers the canvas, so that it is good for no other.
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from dark_lang.deciding import Side
from dark_lang.errors import CanvasError
from dark_lang.names import NodeId, read_id_prefix, spell_id
from runtime.keys import canvas_key, derive

log = logging.getLogger("dark.serve")

HEADER: Final = b"x-dark-force"
LONGEST: Final = 2_000  # bytes
_DIGITS: Final = 32
_VERSION: Final = "1"

Forced = Mapping[NodeId, Side]
NOTHING: Final[Forced] = {}


def signed_header(key: bytes, canvas: bytes, sides: Forced, expires: int) -> str:
    """The value of the header; `expires`: in seconds since 1970, `key`: the canvas's."""
    told = ",".join(
        f"{spell_id(switch)}={side.value}" for switch, side in sorted(sides.items(), key=lambda one: one[0])
    )
    text = f"{_VERSION}.{expires}.{told}"
    return f"{text}.{_signature(key, canvas, text)}"


def read_header(key: bytes, canvas: bytes, value: str, now: float) -> Forced | None:
    """What it forces; None if it is not ours, or over."""
    text, _, signature = value.rpartition(".")
    if len(value) > LONGEST or not hmac.compare_digest(signature.encode(), _signature(key, canvas, text).encode()):
        return None
    parts = text.split(".")
    if len(parts) != 3 or parts[0] != _VERSION or not parts[1].isdigit() or int(parts[1]) < now:
        return None
    found: dict[NodeId, Side] = {}
    for one in parts[2].split(","):
        spelled, _, side = one.partition("=")
        bounds = read_id_prefix(spelled)
        if bounds is None or len(spelled) != 16 or side not in ("old", "new"):
            return None
        found[NodeId(bounds[0])] = Side(side)
    return found


def _signature(key: bytes, canvas: bytes, text: str) -> str:
    data = canvas + text.encode("utf-8", "replace")
    return hmac.digest(derive(key, b"signing requests"), data, "sha256").hex()[:_DIGITS]


class Forcing:
    """Reads the header for a server. The key is looked for when the first such header comes."""

    def __init__(self, canvas: bytes, clock: Callable[[], float] = time.time) -> None:
        self._canvas = canvas
        self._clock = clock
        self._key: bytes | None = None
        self._looked = False
        self._told = False

    def read(self, value: bytes) -> Forced | None:
        """None: it forces nothing."""
        if not self._looked:
            self._looked = True
            try:
                self._key = canvas_key(self._canvas)
            except CanvasError as error:
                log.warning("requests cannot be forced to a side: %s", error.message)
        found = None
        if self._key is not None:
            found = read_header(self._key, self._canvas, value.decode("latin-1"), self._clock())
        if found is None and not self._told:
            self._told = True
            log.warning(
                "a request came with a signature that is not of this canvas's key, or is over; it forces nothing"
            )
        return found
