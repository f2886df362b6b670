"""The structural commands as a shell runs them: many edits as one diff, the editor, what is refused."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))

from in_process import Done, dark, made

SETUP = """\
# what the tests below edit
insert type 'User = { name: String }'
insert db Users User
insert fn 'Shop::total(a: Int, b: Int) -> Int' 'a + b'
insert http GET /sum 'let total = Shop::total(1, 2)
[total, 3]'
insert worker mail 'event'
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made(tmp_path_factory.mktemp("model") / "shop")
    done = dark(folder, "apply", stdin=SETUP.encode())
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def shop(model: Path, tmp_path: Path) -> Path:
    shutil.copytree(model, tmp_path / "shop")
    return tmp_path / "shop"


def code(folder: Path, address: str) -> str:
    done = dark(folder, "show", address, "--plain")
    assert done.code == 0, done.err
    return done.out.rstrip("\n")


def diffs(folder: Path) -> int:
    return len(list((folder / "diffs").glob("*.cbor")))


def test_many_edits_are_one_diff(shop: Path) -> None:
    before = diffs(shop)
    text = """
    insert fn 'Shop::twice(n: Int) -> Int' 'n * ?'
    fill Shop::twice#hole 2
    rename Shop::twice Shop::double
    insert http GET /double 'Shop::double(
      21)'
    insert GET:/sum#body.body.items 'Shop::double(4)' --first
    set GET:/double method post
    replace-node POST:/double#body.args.0 -- -1
    """
    assert dark(shop, "apply", stdin=text.encode()).code == 0
    assert diffs(shop) == before + 1
    assert code(shop, "Shop::double") == "fn Shop::double_v0(n: Int) -> Int\nn * 2"
    assert code(shop, "POST:/double") == "http POST /double\nShop::double_v0(-1)"
    assert code(shop, "GET:/sum").endswith("[Shop::double_v0(4), total, 3]")


@pytest.mark.parametrize(
    ("line", "exit_code", "says"),
    [
        ("fill nowhere 1", 3, "line 2: nothing here is called nowhere"),
        ("raise GET:/sum", 6, "line 2: "),
        ("nonsense", 2, "line 2: 'nonsense' is no command that edits"),
        ("ls", 2, "line 2: 'ls' is no command that edits"),
        ("dark", 2, "line 2: '' is no command that edits"),
        ("fill GET:/sum", 2, "line 2: Missing argument"),
        ("delete GET:/sum --dry-run", 2, "line 2: --dry-run belongs to `dark apply` itself"),
        ("insert repl y -", 2, "line 2: `-` stands for standard input"),
        ("insert repl y 'a", 2, "line 2: a quote is never closed"),
        ("apply x", 2, "line 2: 'apply' is no command"),
    ],
)
def test_one_wrong_line_and_nothing_is_recorded(shop: Path, line: str, exit_code: int, says: str) -> None:
    before = diffs(shop)
    done = dark(shop, "apply", stdin=f"insert repl x 1\n{line}\n".encode())
    assert (done.code, diffs(shop)) == (exit_code, before), done.err
    assert says in done.err


def test_apply_reads_a_file(shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "edits"
    path.write_text("dark insert repl x 1\n", encoding="utf-8")
    assert dark(shop, "apply", str(path)).code == 0
    assert code(shop, "repl:x") == "repl x\n1"
    assert dark(shop, "apply", str(tmp_path / "none")).code == 2


def test_the_editor_writes_what_changed(shop: Path) -> None:
    done = dark(shop, "edit", "GET:/sum", variables={"EDITOR": "sed -i s/3/4/"})
    assert done.code == 0, done.err
    assert code(shop, "GET:/sum").endswith("[total, 4]")
    done = dark(shop, "edit", "GET:/sum#body.body", variables={"VISUAL": "sed -i s/4/5/"})
    assert code(shop, "GET:/sum").endswith("[total, 5]")
    before = diffs(shop)
    assert dark(shop, "edit", "GET:/sum", variables={"EDITOR": "true"}).out == "nothing to change\n"
    assert dark(shop, "edit", "GET:/sum", variables={"EDITOR": "false"}).code == 2
    assert dark(shop, "edit", "GET:/sum", variables={"EDITOR": "/no/such/editor"}).code == 2
    assert dark(shop, "edit", "GET:/sum", variables={"EDITOR": "sed -i 's/GET/POST/;s/http/worker/'"}).code == 6
    assert diffs(shop) == before


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (("insert", "http", "GET"), 2),
        (("insert", "http", "FETCH", "/x", "1"), 2),
        (("insert", "http", "GET", "x", "1"), 6),
        (("insert", "http", "GET", "/sum", "1"), 6),
        (("insert", "http", "GET", "/a#b", "1"), 6),
        (("insert", "http", "GET", "/a?b=1", "1"), 6),
        (("insert", "http", "GET", "/_dark/x", "1"), 6),
        (("insert", "http", "GET", "/:a/:b*/c", "1"), 6),
        (("fill", "GET:/sum#body.body.items." + "9" * 5000, "1"), 3),
        (("delete", "GET:/sum#body.body.items.٣"), 3),
        (("insert", "fn", "total(a: Int) -> Int", "a"), 6),
        (("insert", "type", "user = Int"), 6),
        (("insert", "db", "users", "Int"), 6),
        (("insert", "cron", "x", "every 1h", "1", "2"), 2),
        (("insert", "GET:/sum"), 2),
        (("insert", "GET:/sum#body", "1", "--first", "--last"), 2),
        (("insert", "repl", "x", "1", "--first"), 2),
        (("replace-node", "GET:/nothing", "1"), 3),
        (("replace-node", "GET:/sum#body.nothing", "1"), 3),
        (("replace-node", "GET:/sum", "1"), 6),
        (("replace-node", "GET:/sum#body.body.items", "1"), 3),
        (("fill", "GET:/sum#body", "1"), 6),
        (("delete", "Shop::total#result.x"), 3),
        (("move", "GET:/sum#body", "GET:/sum#body.value", "--before"), 6),
        (("wrap", "GET:/sum#body", "f(1)"), 6),
        (("rename", "Shop::total", "1"), 6),
        (("rewrite", "?x", "1"), 6),
        (("rewrite", "nowhere(1)", "1"), 6),
        (("accept", "GET:/sum"), 6),
        (("resolve", "GET:/sum", "1"), 6),
        (("extract", "GET:/sum#body.value", "Shop::total"), 6),
        (("split", "GET:/sum#body.value", "--at", "0"), 2),
        (("actions", "nowhere"), 3),
    ],
)
def test_what_is_refused_changes_nothing(shop: Path, words: tuple[str, ...], exit_code: int) -> None:
    before = diffs(shop)
    done = dark(shop, *words)
    assert (done.code, diffs(shop)) == (exit_code, before), done
    assert done.err.startswith("dark: ")
    assert "Traceback" not in done.err


def test_what_cannot_be_read_is_kept_and_told(shop: Path) -> None:
    done = dark(shop, "insert", "http", "GET", "/odd", "[1, 2")
    assert done.code == 0
    assert "is not closed" in done.out
    done = dark(shop, "insert", "fn", "Shop::odd(a: Int) -> Int stray", "a")
    assert done.code == 0
    assert code(shop, "Shop::odd") == 'fn Shop::odd_v0(a: Int) -> Int\n?"stray"\na'


def test_a_rewrite_of_the_whole_canvas(shop: Path) -> None:
    dark(shop, "insert", "repl", "r", "Shop::total(5, 6)")
    done = dark(shop, "rewrite", "Shop::total(?a, ?b)", "Shop::total(?b, ?a)", "--dry-run")
    assert "GET:/sum#body.value: Shop::total_v0(1, 2)" in done.out
    assert "dry run" in done.out
    assert code(shop, "repl:r").endswith("(5, 6)")
    assert dark(shop, "rewrite", "Shop::total(?a, ?b)", "Shop::total(?b, ?a)").code == 0
    assert code(shop, "repl:r").endswith("(6, 5)")
    assert "Shop::total_v0(2, 1)" in code(shop, "GET:/sum")
    assert dark(shop, "rewrite", "Shop::total(?a, ?b)", "?a", "--in", "repl:r").code == 0
    assert code(shop, "repl:r").endswith("\n6")
    assert "Shop::total_v0(2, 1)" in code(shop, "GET:/sum")


def test_a_draft_of_a_call_runs_when_it_is_finished(shop: Path) -> None:
    assert dark(shop, "replace-node", "GET:/sum#body.value", "Shop::total(?, 7)").code == 0
    assert "partial {" in code(shop, "GET:/sum")
    report = json.loads(dark(shop, "fill", "GET:/sum#hole", "6", "--json").out)
    assert report["notes"] == ["the new code is finished and runs now: Shop::total_v0(6, 7)"]
    assert "let total = Shop::total_v0(6, 7)" in code(shop, "GET:/sum")


def test_every_action_that_is_offered_is_accepted(shop: Path) -> None:
    dark(shop, "replace-node", "GET:/sum#body.value", "Shop::total(?, 7)")
    for address in (
        "GET:/sum#body",
        "GET:/sum#body.value",
        "GET:/sum#body.body.items.0",
        "GET:/sum#hole",
        "Shop::total",
    ):
        done = dark(shop, "actions", address)
        assert done.code == 0
        for line in done.out.splitlines():
            tried = run_line(shop, line)
            # What an action may still lack is a name that exists, or a hole's filling; never the right words.
            assert tried.code in (0, 6), (line, tried.err)


def run_line(folder: Path, line: str) -> Done:
    name, *words = shlex.split(line.removeprefix("dark "))
    if name == "edit":
        return Done(0, "", "")
    return dark(folder, name, *words, "--dry-run")


def test_short_ids_name_nodes_in_edits(shop: Path) -> None:
    shown = json.loads(dark(shop, "set", "GET:/sum#body.body.items.1", "value", "9", "--json").out)
    (place,) = shown["places"]
    assert dark(shop, "replace-node", place["id"], "10").code == 0
    assert code(shop, "GET:/sum").endswith("[total, 10]")
    text = f"wrap {place['id']} some\n"
    assert dark(shop, "apply", stdin=text.encode()).code == 3, "that node is gone"
    report = json.loads(dark(shop, "replace-node", "GET:/sum#body.body.items.1", "11", "--json").out)
    new = report["places"][0]["id"]
    text = f"wrap {new} some\nwrap {new[:8]} ok\nset GET:/sum#{new} value 12\n"
    assert dark(shop, "apply", stdin=text.encode()).code == 0
    assert code(shop, "GET:/sum").endswith("[total, Some(Ok(12))]")


def test_a_partial_settles_with_the_edit_that_finishes_what_it_calls(shop: Path) -> None:
    assert dark(shop, "replace-node", "GET:/sum#body", "Shop::plus(1) + User::age(2)").code == 0
    assert dark(shop, "insert", "fn", "Shop::plus(a: Int, b: Int) -> Int", "a + b").code == 0
    assert dark(shop, "insert", "fn", "User::age(a: Int) -> Int", "a").code == 0
    assert dark(shop, "delete", "Shop::plus#params.1").code == 0
    assert "partial {" in code(shop, "GET:/sum"), "b has no meaning now"
    before = diffs(shop)
    done = dark(shop, "replace-node", "Shop::plus#body.args.1", "1")
    assert (done.code, diffs(shop)) == (0, before + 1), done.err
    assert "the new code of GET:/sum is finished and runs now: Shop::plus(1) + User::age(2)" in done.out
    assert code(shop, "GET:/sum").splitlines()[1:] == ["Shop::plus(1) + User::age(2)"]
    assert dark(shop, "undo").code == 0
    assert "partial {" in code(shop, "GET:/sum")


def test_a_partial_settles_within_an_apply(shop: Path) -> None:
    before = diffs(shop)
    text = "replace-node GET:/sum#body 'Shop::twice(4)'\ninsert fn 'Shop::twice(n: Int) -> Int' 'n * 2'\n"
    done = dark(shop, "apply", stdin=text.encode())
    assert (done.code, diffs(shop)) == (0, before + 1), done.err
    assert code(shop, "GET:/sum").splitlines()[1:] == ["Shop::twice(4)"]


def test_a_partial_that_a_merge_finished_waits_for_accept(shop: Path, tmp_path: Path) -> None:
    clone = Path(shutil.copytree(shop, tmp_path / "clone", ignore=shutil.ignore_patterns(".dark")))
    assert dark(clone, "insert", "fn", "Shop::twice(n: Int) -> Int", "n * 2").code == 0
    assert dark(shop, "replace-node", "GET:/sum#body", "Shop::twice(4)").code == 0
    for path in (clone / "diffs").glob("*.cbor"):
        shutil.copy(path, shop / "diffs")
    assert dark(shop, "insert", "fn", "Shop::once(n: Int) -> Int", "n").code == 0
    assert "partial {" in code(shop, "GET:/sum")
    assert dark(shop, "accept", "GET:/sum").code == 0
    assert "partial {" not in code(shop, "GET:/sum")


def deleted(folder: Path, address: str) -> dict[str, str]:
    """What was deleted there, by its code: the addresses."""
    return {each["code"]: each["address"] for each in json.loads(dark(folder, "trash", address, "--json").out)}


@pytest.mark.parametrize(
    ("code_before", "path"),
    [
        ("[1, 2 + 3, 4]", "body.items.1"),
        ("[1, 2, 3 * 4]", "body.items.2"),
        ("(1 * 1, 2)", "body.items.0"),
        ("if a(1) then 2 else 3", "body.condition"),
        ("let n = 1 + 1; n", "body.value"),
        ("match 1 { 2 -> 3\n4 -> five(5) }", "body.arms.1"),
        ("xs |> List::head() |> Option::isSome()", "body.steps.0"),
    ],
)
def test_a_deleted_node_goes_back_to_where_it_stood(shop: Path, code_before: str, path: str) -> None:
    assert dark(shop, "insert", "http", "GET", "/x", code_before).code == 0
    before = code(shop, "GET:/x")
    gone = code(shop, f"GET:/x#{path}")
    assert dark(shop, "delete", f"GET:/x#{path}").code == 0
    assert code(shop, "GET:/x") != before
    done = dark(shop, "restore", deleted(shop, "GET:/x")[gone])
    assert done.code == 0, done.err
    assert code(shop, "GET:/x") == before
    assert dark(shop, "undo").code == 0
    assert dark(shop, "restore", deleted(shop, "GET:/x")[gone], "--dry-run").code == 0


def test_what_came_in_the_meantime_stays(shop: Path) -> None:
    assert dark(shop, "insert", "http", "GET", "/x", "if a(1) then [1, b(2)] else 3").code == 0
    assert dark(shop, "replace-node", "GET:/x#body.condition", "true", "--now").code == 0
    taken = dark(shop, "restore", deleted(shop, "GET:/x")["a(1)"])
    assert (taken.code, "something else stands at body.condition now" in taken.err) == (6, True)
    assert dark(shop, "delete", "GET:/x#body.then.items.1").code == 0
    assert dark(shop, "insert", "GET:/x#body.then", "c(3)", "--last").code == 0
    assert dark(shop, "restore", deleted(shop, "GET:/x")["b(2)"]).code == 0
    items = code(shop, "GET:/x#body.then").strip("[]").split(", ")
    assert sorted(items) == ["1", "b(2)", "c(3)"]
    assert dark(shop, "delete", f"GET:/x#body.then.items.{items.index('b(2)')}").code == 0
    address = deleted(shop, "GET:/x")["b(2)"]
    assert dark(shop, "replace-node", "GET:/x#body.then", "()", "--now").code == 0
    orphan = dark(shop, "restore", address)
    assert (orphan.code, "is not there any more" in orphan.err) == (6, True)
    assert dark(shop, "restore", "GET:/x#zzzzzzzzzzzzzzzz").code == 3
    assert dark(shop, "trash", "GET:/sum").out == "nothing was deleted in GET:/sum\n"
