"""The instructions that generated code may consist of, and the names that it may mention."""

from __future__ import annotations

import dis
from types import CodeType

from dark_lang.compiling.compiled import GUEST_FILE, Compiled
from dark_lang.compiling.loop_syntax import METHODS
from dark_lang.compiling.support import SUPPORT

ALLOWED = frozenset(
    [
        "RESUME",
        "LOAD_FAST",
        "STORE_FAST",
        "LOAD_CONST",
        "LOAD_GLOBAL",
        "LOAD_CLOSURE",
        "LOAD_DEREF",
        "STORE_DEREF",
        "MAKE_CELL",
        "COPY_FREE_VARS",
        "BUILD_LIST",
        "BUILD_TUPLE",
        "BUILD_MAP",
        "BUILD_CONST_KEY_MAP",
        "BUILD_STRING",
        "BUILD_SLICE",
        "LIST_EXTEND",
        "LIST_APPEND",
        "MAP_ADD",
        "DICT_UPDATE",
        "FORMAT_VALUE",
        "BINARY_OP",
        "BINARY_SUBSCR",
        "UNARY_NOT",
        "UNARY_NEGATIVE",
        "COMPARE_OP",
        "IS_OP",
        "CONTAINS_OP",
        "PRECALL",
        "CALL",
        "PUSH_NULL",
        "POP_TOP",
        "COPY",
        "SWAP",
        "NOP",
        "RETURN_VALUE",
        "MAKE_FUNCTION",
        "EXTENDED_ARG",
        "CACHE",
        "KW_NAMES",
        "UNPACK_SEQUENCE",
        "LOAD_ATTR",
        "JUMP_FORWARD",
        "JUMP_BACKWARD",
        "POP_JUMP_FORWARD_IF_TRUE",
        "POP_JUMP_FORWARD_IF_FALSE",
        "POP_JUMP_BACKWARD_IF_TRUE",
        "POP_JUMP_BACKWARD_IF_FALSE",
        "JUMP_IF_TRUE_OR_POP",
        "JUMP_IF_FALSE_OR_POP",
        "POP_JUMP_IF_TRUE",
        "POP_JUMP_IF_FALSE",
        "RETURN_CONST",
        "LOAD_FAST_CHECK",
        "SET_FUNCTION_ATTRIBUTE",
        "STORE_FAST_LOAD_FAST",
        "LOAD_FAST_LOAD_FAST",
        "STORE_FAST_STORE_FAST",
        "CONVERT_VALUE",
        "FORMAT_SIMPLE",
        "TO_BOOL",
        "LOAD_FAST_AND_CLEAR",
        "BINARY_SLICE",
        "LOAD_SMALL_INT",
        "LOAD_FAST_BORROW",
        "LOAD_FAST_BORROW_LOAD_FAST_BORROW",
        "NOT_TAKEN",
        # Loops that stand where the library's walks did: over Lists, ranges and the views of Dicts alone, so that no
        # code of others' is run by walking. RERAISE ends a comprehension that later Pythons write into its function.
        "GET_ITER",
        "FOR_ITER",
        "END_FOR",
        "POP_ITER",
        "RERAISE",
        # Accumulators that nobody else sees are added to in place; the methods are METHODS, of list and dict.
        "STORE_SUBSCR",
        "LOAD_METHOD",
        # What is Python's None where an Option would be.
        "POP_JUMP_FORWARD_IF_NONE",
        "POP_JUMP_FORWARD_IF_NOT_NONE",
        "POP_JUMP_BACKWARD_IF_NONE",
        "POP_JUMP_BACKWARD_IF_NOT_NONE",
        "POP_JUMP_IF_NONE",
        "POP_JUMP_IF_NOT_NONE",
    ]
)
ATTRIBUTES = {"name", "values", "type", "text"}


def codes(code: CodeType) -> list[CodeType]:
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found += codes(constant)
    return found


def check_instructions(compiled: Compiled) -> None:
    main = next(constant for constant in compiled.code.co_consts if isinstance(constant, CodeType))
    globals_ = {*compiled.needs, *compiled.constants, *SUPPORT, "main"}
    for code in codes(main):
        assert code.co_filename == GUEST_FILE
        for instruction in dis.get_instructions(code):
            assert instruction.opname in ALLOWED, instruction.opname
            if instruction.opname == "LOAD_ATTR":
                assert instruction.argval in ATTRIBUTES | METHODS
            if instruction.opname == "LOAD_METHOD":
                assert instruction.argval in METHODS
            if instruction.opname == "LOAD_GLOBAL":
                assert instruction.argval in globals_
