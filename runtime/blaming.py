"""From whatever ended a run to what is said of it: which node, and why.

Must not know how runs are limited. Invariants: every exception comes out as a RunError with a node, and none with a
word of Python; a site says what a native instruction would not do, so that code need not ask before it does it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import FrameType, FunctionType, TracebackType

from dark_lang.compiling.compiled import GUEST_FILE, NODES, PROBLEMS, SITES, Site
from dark_lang.compiling.support import bad_text, field
from dark_lang.errors import Failed, LimitReached, RunError
from dark_lang.names import NOWHERE, NodeId
from dark_lang.values.demanding import hole_reached
from dark_lang.values.describing import name_kind
from dark_lang.values.model import HoleValue, Value
from dark_lang.values.showing import show
from runtime.current import MemoryUp, TimeUp

log = logging.getLogger("dark.run")

_SHOWN = 80  # characters of a value that a message shows


def blame(error: BaseException, time_ms: int, depth: int, memory_bytes: int = 0) -> RunError:
    """The error to raise in place of what guest code ended with. The limits are those that it ran under."""
    frame, line, is_innermost = _where(error.__traceback__)
    node = _node(frame, line)
    if isinstance(error, RunError):
        if not error.node:
            error.node = node
        return error
    if isinstance(error, TimeUp):
        return limit_reached("time", time_ms, node)
    if isinstance(error, RecursionError):
        return limit_reached("depth", depth, node)
    if isinstance(error, MemoryUp | MemoryError):
        return limit_reached("memory", memory_bytes, node)
    if is_innermost and frame is not None:
        found = _explained(error, frame, line)
        if found is not None:
            found.node = found.node or node
            return found
    log.error("guest code ended with what it should not have", exc_info=error)
    return Failed("this could not be computed, and the fault is not the program's", node=node)


def limit_reached(limit: str, value: int, node: NodeId = NOWHERE) -> LimitReached:
    """What is said of a run that came to a limit of that name and value; 0: there is none but the system's own."""
    match limit:
        case "time":
            message, key = f"the run took longer than its {value:,} ms", "time_ms"
        case "depth":
            message, key = f"calls were nested more than {value:,} deep", "depth"
        case "output":
            message, key = f"the answer is larger than {value:,} bytes", "output_bytes"
        case _:
            what = f"than its {value:,} bytes of memory" if value else "memory than there is"
            message, key = f"the run needed more {what}", "memory_bytes"
    advice = f"make it do less at once, or raise {key} under [limits] in canvas.toml"
    return LimitReached(message, limit=limit, node=node, value=value, suggestion=advice)


def _where(traceback: TracebackType | None) -> tuple[FrameType | None, int, bool]:
    """The innermost frame of guest code, its line, and whether the exception arose in that very frame."""
    frame, line, is_innermost = None, 0, False
    while traceback is not None:
        is_innermost = traceback.tb_frame.f_code.co_filename == GUEST_FILE
        if is_innermost:
            # What ends a turn of a loop has no line; there, only a limit can end a run, and line 1 is the definition's.
            frame, line = traceback.tb_frame, traceback.tb_lineno or 1
        traceback = traceback.tb_next
    return frame, line, is_innermost


def node_of_frame(frame: FrameType) -> NodeId:
    """The node at which guest code is in that frame."""
    return _node(frame, frame.f_lineno)


def _node(frame: FrameType | None, line: int) -> NodeId:
    if frame is None:
        return NodeId(0)
    nodes: tuple[NodeId, ...] = frame.f_globals.get(NODES, ())
    return nodes[line - 1] if 0 < line <= len(nodes) else NodeId(0)


def _explained(error: BaseException, frame: FrameType, line: int) -> RunError | None:
    if isinstance(error, NameError):
        problem = frame.f_globals.get(PROBLEMS, {}).get(error.name)
        return Failed(problem.message, suggestion=problem.suggestion) if problem is not None else None
    site: Site | None = frame.f_globals.get(SITES, {}).get(line)
    if site is None or not isinstance(error, (TypeError, KeyError)):
        return None
    operands = [frame.f_locals.get(name, frame.f_globals.get(name)) for name in site.operands]
    for value in operands:
        if type(value) is HoleValue:
            return hole_reached(value)
    if site.what == "apply":
        return _not_applied(operands[0], int(site.detail))
    if site.what == "field":
        return _raised(field, operands[0], site.detail)
    if site.what == "text":
        return _raised(bad_text, operands[0])
    return None


def _not_applied(function: Value, given: int) -> RunError:
    if type(function) is not FunctionType:
        return Failed(f"only functions can be called, found {name_kind(function)}: {show(function, limit=_SHOWN)}")
    takes = function.__code__.co_argcount
    counted = f"{takes} argument{'' if takes == 1 else 's'}"
    return Failed(f"the function takes {counted}, and {given} {'is' if given == 1 else 'are'} given")


def _raised(check: Callable[..., Value], *args: Value) -> RunError | None:
    """What a check that fails has to say."""
    try:
        check(*args)
    except RunError as error:
        return error.with_traceback(None)
    return None
