"""What happens when a value is needed and cannot be used: a hole stops the run, a misfit fails it.

Must not know who needed the value. Invariant: whoever turns a value down asks here, so that a hole is never mistaken
for a wrong value.
"""

from __future__ import annotations

from dark_lang.errors import Failed, RunError, Stopped
from dark_lang.values.describing import name_kind
from dark_lang.values.model import HoleValue, Value


def hole_reached(hole: HoleValue) -> Stopped:
    return Stopped(f"the run came to {hole.says}", node=hole.node)


def misfit(needed: str, found: Value, who: str) -> RunError:
    """The error to raise where `found` does not serve: `misfit("a Bool", 3, "what the function gives")`."""
    if type(found) is HoleValue:
        return hole_reached(found)
    return Failed(f"{who} must be {needed}, and is {name_kind(found)}")


def refusal(action: str, found: Value) -> RunError:
    """`refusal("written as JSON", f)`: Failed, "a function cannot be written as JSON"."""
    if type(found) is HoleValue:
        return hole_reached(found)
    return Failed(f"{name_kind(found)} cannot be {action}")


def too_deep(action: str, depth: int) -> Failed:
    return Failed(f"data of more than {depth} levels cannot be {action}")
