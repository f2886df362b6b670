"""Every command: where its code is, whether a server may run it, what it takes from the shell, and one line of help.

Imported before each command, warm or cold, so it imports nothing and builds plain tuples. Invariants: a command is in
this table or does not exist; a module under `commands` is imported only when one of its commands runs.
"""

from __future__ import annotations

WARM = True  # bounded, some 20 ms: a server of the canvas runs it if there is one
COLD = False  # long, or it needs the person's terminal, editor or folders: it runs in its own process

GROUPS = {
    "canvas": "The canvas and its history",
    "structure": "Change the program",
    "questions": "Ask about the program",
    "release": "Release it",
    "run": "Run it",
    "operate": "Its data, and this shell",
}


class Entry:
    """One row. `attribute` is the name of the click command in its module."""

    __slots__ = (
        "attribute",
        "cold_words",
        "file_options",
        "files",
        "group",
        "module",
        "reads_stdin",
        "summary",
        "warm",
    )

    def __init__(
        self,
        group: str,
        module: str,
        attribute: str,
        warm: bool,
        summary: str,
        *,
        cold_words: tuple[str, ...] = (),
        files: bool = False,
        file_options: tuple[str, ...] = (),
        reads_stdin: bool = False,
    ) -> None:
        self.group = group
        self.module = module
        self.attribute = attribute
        self.warm = warm
        self.summary = summary
        self.cold_words = cold_words  # options that make a warm command cold
        self.files = files  # its plain words may name files
        self.file_options = file_options  # the words after these options name files
        self.reads_stdin = reads_stdin  # even where no argument is `-`


COMMANDS: dict[str, Entry] = {
    # The canvas and its history
    "new": Entry("canvas", "canvas", "new", COLD, "Make a canvas in a new folder"),
    "status": Entry("canvas", "canvas", "status", WARM, "What this canvas is, and what needs attention"),
    "ls": Entry("canvas", "canvas_listing", "ls", WARM, "List what the canvas consists of"),
    "show": Entry("canvas", "canvas", "show", WARM, "Print the code at an address"),
    "find": Entry("canvas", "canvas", "find", WARM, "Find code by words, or by its shape"),
    "docs": Entry("canvas", "canvas_docs", "docs", WARM, "Explain a function of the library or of the canvas"),
    "log": Entry(
        "canvas", "canvas_history", "log", WARM, "Who changed what, newest first", cold_words=("--follow", "-f")
    ),
    "diff": Entry("canvas", "canvas_history", "diff", WARM, "What a diff changed, or what changed since one"),
    "undo": Entry("canvas", "canvas_history", "undo", WARM, "Take your last edit back, or the one that you name"),
    "redo": Entry("canvas", "canvas_history", "redo", WARM, "Take an undo back"),
    "restore": Entry(
        "canvas", "canvas_history", "restore", WARM, "Bring something back: from the trash, or from earlier"
    ),
    "trash": Entry("canvas", "canvas_history", "trash", WARM, "List what was deleted"),
    "check": Entry("canvas", "canvas_checking", "check", COLD, "Look for holes and mistakes; exit 1 if there are any"),
    "doctor": Entry(
        "canvas", "canvas_care", "doctor", COLD, "Verify every file of the canvas; --repair sets bad ones aside"
    ),
    "pack": Entry("canvas", "canvas_care", "pack", COLD, "Put many small diff files into few large ones"),
    "export": Entry("canvas", "canvas_text", "export", COLD, "Print the whole canvas as text"),
    "import": Entry(
        "canvas", "canvas_text", "import_", COLD, "Read what export printed, as one diff", files=True, reads_stdin=True
    ),
    # Change the program
    "insert": Entry(
        "structure", "structure_writing", "insert", WARM, "Add a handler, a function, a type …, or an item to a list"
    ),
    "replace-node": Entry("structure", "structure_writing", "replace_node", WARM, "Put other code in place of a node"),
    "fill": Entry("structure", "structure_writing", "fill", WARM, "Put code into a hole"),
    "retarget": Entry("structure", "structure_writing", "retarget", WARM, "Let a call go to another function"),
    "set": Entry("structure", "structure_writing", "set_", WARM, "Change a name, a number, a route, a schedule …"),
    "rename": Entry("structure", "structure_writing", "rename", WARM, "Give another name"),
    "delete": Entry("structure", "structure_writing", "delete", WARM, "Move something to the trash"),
    "move": Entry("structure", "structure_moving", "move", WARM, "Move a node to another place"),
    "copy": Entry("structure", "structure_moving", "copy", WARM, "Copy a node to another place"),
    "wrap": Entry("structure", "structure_moving", "wrap", WARM, "Put code around a node"),
    "splice": Entry("structure", "structure_moving", "splice", WARM, "Put a node's children in its place"),
    "raise": Entry("structure", "structure_moving", "raise_", WARM, "Put a node in the place of its parent"),
    "slurp": Entry("structure", "structure_moving", "slurp", WARM, "Take the next sibling in"),
    "barf": Entry("structure", "structure_moving", "barf", WARM, "Put the last child out"),
    "split": Entry("structure", "structure_moving", "split", WARM, "Cut a list, a text or a block in two"),
    "join": Entry("structure", "structure_moving", "join", WARM, "Join two neighbours"),
    "transpose": Entry("structure", "structure_moving", "transpose", WARM, "Swap a node with the one after it"),
    "extract": Entry("structure", "structure_refactoring", "extract", WARM, "Make a let or a function of a node"),
    "inline": Entry(
        "structure",
        "structure_refactoring",
        "inline",
        WARM,
        "Put a let's value, or a function's body, where it is used",
    ),
    "rewrite": Entry("structure", "structure_refactoring", "rewrite", WARM, "Replace a pattern wherever it stands"),
    "accept": Entry("structure", "structure_settling", "accept", WARM, "Settle a partial: its new side stays"),
    "abandon": Entry("structure", "structure_settling", "abandon", WARM, "Settle a partial: its old side stays"),
    "resolve": Entry("structure", "structure_settling", "resolve", WARM, "Settle a conflict"),
    "edit": Entry("structure", "structure_editor", "edit", COLD, "Edit as text, in $EDITOR"),
    "apply": Entry(
        "structure", "structure_editor", "apply", WARM, "Make many edits as one diff", files=True, reads_stdin=True
    ),
    "actions": Entry("structure", "structure_editor", "actions", WARM, "What can be done at an address"),
    # Ask about the program
    "holes": Entry("questions", "questions_types", "holes", WARM, "What is not written yet, and what would fit"),
    "marks": Entry("questions", "questions_types", "marks", WARM, "What does not fit"),
    "type": Entry("questions", "questions_types", "type_", WARM, "The type of something, and what it may do"),
    "uses": Entry("questions", "questions", "uses", WARM, "Where something is used"),
    "callers": Entry("questions", "questions", "callers", WARM, "What calls a function, and what calls that"),
    "deps": Entry("questions", "questions", "deps", WARM, "What something depends on"),
    "conflicts": Entry("questions", "questions_types", "conflicts", WARM, "Where edits disagree"),
    "versions": Entry("questions", "questions", "versions", WARM, "The versions of a function, a type or a datastore"),
    "outdated": Entry("questions", "questions", "outdated", WARM, "Uses of what has a newer version"),
    # Release it
    "toggle": Entry(
        "release",
        "toggling",
        "toggle",
        WARM,
        "Switch between code as it runs and as it is to be",
        cold_words=("coverage", "force"),
        file_options=("--request",),
    ),
    "locks": Entry("release", "locking", "locks", WARM, "What serves traffic, and so does not change"),
    "unlock": Entry("release", "locking", "unlock", WARM, "Let something that serves traffic be changed"),
    # Run it
    "serve": Entry("run", "running_server", "serve", COLD, "Serve the canvas over HTTP, and every edit at once"),
    "run": Entry("run", "running", "run", WARM, "Evaluate an expression, or run a handler or a function"),
    "test": Entry("run", "testing", "test", COLD, "Run the tests; exit 1 if one fails"),
    "replay": Entry("run", "replaying", "replay", COLD, "Run recorded requests through today's code"),
    "compare": Entry("run", "replaying", "compare", COLD, "Run recorded requests through two programs"),
    "fuzz": Entry("run", "fuzzing", "fuzz", COLD, "Look for inputs that break something"),
    "trace": Entry("run", "tracing", "trace", WARM, "What was recorded of the traffic", cold_words=("tail", "replay")),
    # Its data, and this shell
    "db": Entry("operate", "operating", "db", WARM, "Look into datastores, and set values"),
    "completion": Entry("operate", "completion", "completion", COLD, "Print the completion script of a shell"),
}

HIDDEN: dict[str, Entry] = {
    "complete": Entry("operate", "completion", "complete", WARM, "Words that may come next"),
    "live": Entry("operate", "operating", "live", WARM, "Bind a diff now, and say whether it is live"),
}

GLOBAL_OPTIONS_WITH_VALUE = ("--canvas", "--as")


def entry_of(name: str) -> Entry | None:
    return COMMANDS.get(name) or HIDDEN.get(name)
