"""Documents whose commands are run: Markdown with ```console blocks, executed in a real shell, outputs compared.

    $ dark show GET:/hello        a command; lines that begin with `> ` go on with it
      kx  http GET /hello         what it prints, standard error among it
    [exit 3]                      after a command that did not end with 0, and only then

In what a document says that a command prints, `...` stands for any text, alone on a line for any lines; `12 ms`,
`12:03:27` and `2024-05-01 12:03` for any time; an id in the margin, a whole id, and a hex id for any other, which later
commands of the document then get in its place. `dark serve` and `:8000` get a free port. A command that ends with `&`
is given 60 s to print what it should, and `dark serve &` to take requests; what it prints need not stand in the
document.

    python tests/transcripts.py --update FILE.md …      writes what was printed into the documents
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BIN = Path(sys.executable).parent
PATIENCE = 60.0
_SERVE = re.compile(r"\bdark serve\b[^|;]*&\s*$")
_SPECIAL = re.compile(
    r"(?P<any>\.\.\.)"
    r"|(?P<ms>\b\d+(?:\.\d+)? ms\b)"
    r"|(?P<clock>\b\d\d:\d\d:\d\d\b {1,5}(?=\d))"
    r"|(?P<micros> *\b\d+(?:\.\d+)? (?:µs|ms|s)\b)"
    r"|(?P<time>\b\d{4}-\d\d-\d\d \d\d:\d\d\b)"
    r"|(?P<margin>^[> ]? *[k-z]{2,16} {2,})"
    r"|(?P<indent>^[> ] {3,})"
    r"|(?P<id>\b[k-z]{16}\b)"
    r"|(?P<hex>\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,64}\b)"
)


@dataclass(slots=True)
class Step:
    """One command of a document, and the lines between which its output stands there."""

    command: str
    expected: list[str]
    first: int
    last: int


class TranscriptError(AssertionError):
    """A document says one thing, and the shell another."""


def read_steps(text: str) -> list[Step]:
    steps: list[Step] = []
    inside = False
    for number, line in enumerate(text.splitlines()):
        if line.startswith("```"):
            inside = not inside and line.strip() == "```console"
        elif inside and line.startswith("$ "):
            steps.append(Step(line[2:], [], number + 1, number + 1))
        elif inside and steps:
            step = steps[-1]
            if line.startswith("> ") and not step.expected and _goes_on(step.command):
                step.command += "\n" + line[2:]
                step.first = step.last = number + 1
            else:
                step.expected.append(line)
                step.last = number + 1
    return steps


def _goes_on(command: str) -> bool:
    return command.endswith("\\") or "<<" in command or command.count("'") % 2 == 1 or command.count('"') % 2 == 1


@dataclass
class Shell:
    """One bash for a whole document, so that `cd`, variables and background jobs last."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_port()
        self._names: dict[str, str] = {}
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=self.folder,
            env=plain_environment(self.folder) | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._held = ""

    def run(self, command: str) -> str:
        """What the command prints, with `[exit N]` at the end if it failed."""
        assert self._process.stdin is not None
        end = f"transcript-{time.monotonic_ns()}"
        # Standard input of the commands is empty, not the script that we are writing.
        script = f"{{\n{self._to_real(command)}\n}} < /dev/null\nprintf '\\n{end} %s\\n' $?\n"
        if "<<" in command or "< " in command:
            script = f"{self._to_real(command)}\nprintf '\\n{end} %s\\n' $?\n"
        self._process.stdin.write(script.encode())
        self._process.stdin.flush()
        match = self._read_until(re.compile(rf"\n{end} (\d+)\n"))
        output, code = self._held[: match.start()], match[1]
        self._held = self._held[match.end() :]
        if code != "0":
            output = output.rstrip("\n") + f"\n[exit {code}]\n"
        return self._to_document(output).lstrip("\n") if output.strip() else ""

    def read_more(self) -> str:
        """What a background command has printed since."""
        self._fill(0.05)
        text, self._held = self._held, ""
        return self._to_document(text)

    def learn(self, word: str, real: str) -> None:
        """An id of the document stands for this one from now on."""
        # A prefix may come to mean another node, once the one that had it is in the trash.
        self._names[word] = real

    def wait_for_server(self) -> str:
        """What it prints until it takes requests."""
        printed = ""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            printed += self.read_more()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return printed + self.read_more() + self.read_more()
        raise TranscriptError(f"no server on port {self.port} after {PATIENCE} s; it printed:\n{printed}")

    def close(self) -> None:
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, signal_number)
            except ProcessLookupError:
                break
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                continue
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _to_real(self, command: str) -> str:
        command = re.sub(r"\bdark serve\b(?!.*--port)", f"dark serve --port {self.port}", command)
        command = command.replace(":8000", f":{self.port}")
        # A word that is a program's name, or a command's, is no id, though `ls` and `rm` could be.
        ids = r"(?<!dark )(?<!^)(?<![|;&(] )(?<![(])\b(?:[k-z]{2,16}|[0-9a-f]{8,64})\b"
        return re.sub(ids, lambda word: self._names.get(word[0], word[0]), command)

    def _to_document(self, output: str) -> str:
        return output.replace(f":{self.port}", ":8000").replace(str(self.folder), "~")

    def _read_until(self, pattern: re.Pattern[str]) -> re.Match[str]:
        limit = time.monotonic() + PATIENCE
        while (match := pattern.search(self._held)) is None:
            if time.monotonic() > limit:
                raise TranscriptError(f"no end of this command after {PATIENCE} s; so far:\n{self._held}")
            self._fill(0.5)
        return match

    def _fill(self, seconds: float) -> None:
        assert self._process.stdout is not None
        waiting = select.poll()  # not `select`, which takes no descriptor beyond 1,023: a test process may have many
        waiting.register(self._process.stdout, select.POLLIN | select.POLLHUP)
        if waiting.poll(seconds * 1000):
            self._held += os.read(self._process.stdout.fileno(), 1 << 16).decode("utf-8", "replace")


def plain_environment(home: Path) -> dict[str, str]:
    """Nothing of whoever runs the tests: their name, their colours, their canvas."""
    return {
        "PATH": f"{BIN}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "TZ": "UTC",
        "DARK_AUTHOR": "ada@example.com",
        "DARK_TEST_PATIENCE": "30",
    }


def free_port() -> int:
    """A port that stays free until a server takes it: none of those that systems give out by themselves, and every
    process begins to look at a place of its own."""
    for nth in range(1000):
        port = 10_000 + (os.getpid() * 97 + nth) % 20_000
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise TranscriptError("no port is free")


def matches(expected: list[str], actual: list[str]) -> dict[str, str] | None:
    """The ids of the document with what stood in their place; None if the texts differ."""
    names: dict[str, str] = {}
    if not _match(expected, actual, names):
        return None
    return names


def _match(expected: list[str], actual: list[str], names: dict[str, str]) -> bool:
    for index, line in enumerate(expected):
        if line.strip() == "...":
            rest = expected[index + 1 :]
            for skip in range(index, len(actual) + 1):
                tried = dict(names)
                if _match(rest, actual[skip:], tried):
                    names.update(tried)
                    return True
            return False
        if index >= len(actual) or not _match_line(line, actual[index], names):
            return False
    return len(actual) == len(expected)


def _match_line(expected: str, actual: str, names: dict[str, str]) -> bool:
    words: list[str] = []
    pattern, last = "", 0
    for special in _SPECIAL.finditer(expected):
        pattern += re.escape(expected[last : special.start()])
        last = special.end()
        if special["any"]:
            pattern += ".*?"
        elif special["ms"]:
            pattern += r"\d+(?:\.\d+)? ms"
        elif special["clock"]:
            pattern += r"\d\d:\d\d:\d\d +"
        elif special["micros"]:
            pattern += r" *\d+(?:\.\d+)? (?:µs|ms|s)"
        elif special["time"]:
            pattern += r"\d{4}-\d\d-\d\d \d\d:\d\d"
        elif special["hex"]:
            words.append(special[0])
            pattern += r"([0-9a-f]{8,64})"
        elif special["indent"]:
            pattern += f"{special[0][0]} +"
        elif special["id"]:
            words.append(special[0])
            pattern += r"([k-z]{16})"
        else:
            # How wide the margin is follows from the ids, so the blanks in it may differ.
            words.append(special[0].strip("> "))
            pattern += ("> *" if special[0].startswith(">") else " *") + r"([k-z]{2,16}) {2,}"
    pattern += re.escape(expected[last:])
    found = re.fullmatch(pattern, actual)
    if found is None:
        return False
    names.update(zip(words, found.groups(), strict=True))
    return True


def run_document(path: Path, folder: Path, *, environment: dict[str, str] | None = None) -> None:
    """Runs a document in `folder`. Raises TranscriptError at the first command whose output differs."""
    shell = Shell(folder, environment or {})
    try:
        for step, actual, names in _walk(path.read_text(encoding="utf-8"), shell):
            if names is None:
                raise TranscriptError(
                    f"{path.name}:{step.first}: $ {step.command}\n--- the document\n"
                    + "\n".join(step.expected)
                    + "\n--- the shell\n"
                    + "\n".join(actual)
                )
    finally:
        shell.close()


def update_document(path: Path, folder: Path, *, environment: dict[str, str] | None = None) -> int:
    """Writes what the commands print into the document, but for what has `...` in it and fits; how many did not fit.
    All of it, since ids that differ from run to run would not agree with each other otherwise."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    shell = Shell(folder, environment or {})
    try:
        walked = list(_walk(text, shell))
    finally:
        shell.close()
    for step, actual, names in reversed(walked):
        if names is None or not any("..." in line for line in step.expected):
            blank = [""] if step.expected and not step.expected[-1].strip() else []
            lines[step.first : step.last] = actual + blank
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return sum(names is None for _, _, names in walked)


def _walk(text: str, shell: Shell) -> Iterator[tuple[Step, list[str], dict[str, str] | None]]:
    for step in read_steps(text):
        output = shell.run(step.command)
        if _SERVE.search(step.command):
            output += shell.wait_for_server()
            if not any(line.strip() for line in step.expected):
                output = ""
        names = _compare(step, output)
        limit = time.monotonic() + PATIENCE
        while names is None and step.command.rstrip().endswith("&") and time.monotonic() < limit:
            output += shell.read_more()
            names = _compare(step, output)
        for word, real in (names or {}).items():
            shell.learn(word, real)
        yield step, output.rstrip("\n").splitlines(), names


def _compare(step: Step, output: str) -> dict[str, str] | None:
    expected = list(step.expected)
    while expected and not expected[-1].strip():
        expected.pop()
    return matches([line.rstrip() for line in expected], [line.rstrip() for line in output.rstrip("\n").splitlines()])


def main() -> None:
    paths = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            if "--update" in sys.argv:
                print(f"{path}: {update_document(path, Path(folder))} outputs written")
            else:
                run_document(path, Path(folder))
                print(f"{path}: as it says")


if __name__ == "__main__":
    main()
