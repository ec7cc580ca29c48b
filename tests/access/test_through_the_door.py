"""No page does a deed, or reads what is on record, past the door: who imports what, held by the code itself."""

import ast

import pytest

from tests.test_architecture import FILES, name_of, room_of

PAGES = [path for path in FILES if room_of(path) in ("pages", "app.py")]
# Functions that put something on record: the engine's door alone calls them for a visitor.
WRITERS = {
    "engine.store": {"append", "decide", "save", "queue_delivery", "delivered", "failed"},
    "engine.store.decisions": {"decide"},
    "engine.store.ledger": {"append", "add"},
    "engine.store.runs": {"save"},
    "engine.evidence.exported": {"sign", "keep", "evidence_of"},
    "engine.due": {"run_monitor", "run_monitors", "run_monitor_file"},
    "engine": {"run_monitor", "due", "store"},
    "engine.evidence": {"exported"},
}
# What reads of any monitor that it is asked for, and the files of pages that may: each asks first who is there.
READERS = {
    "records": {"pages/shared/on_record.py", "pages/shared/recorded.py"},
    "fleet": {"pages/shared/fleet.py", "pages/shared/recorded.py"},
    "recent": {"pages/shared/recorded.py"},
    "decisions": {"pages/shared/fleet.py", "pages/shared/recorded.py", "pages/shared/run_trail.py"},
    "document": {"pages/shared/checking.py", "pages/shared/recorded.py", "pages/shared/slicing.py"},
    "recorded": {"pages/shared/slicing.py"},
    "record": {"pages/shared/run_shown.py"},  # of a run that the list gave
    "run_of": {"pages/shared/run_shown.py"},
    "text_of": {"pages/shared/run_shown.py"},
    "entries": {"pages/shared/exported_before.py"},  # of a run that the list gave
    "courses": {"pages/shared/fleet.py"},
    "verify": {"pages/shared/chain.py"},
    "verify_bytes": {"pages/shared/checking.py"},
    "read_monitors": {"pages/shared/entries.py"},
    "open_monitor": {"pages/shared/door.py", "pages/shared/trying.py"},
}
# Functions of pages that write files or let others be read: each begins with the deed that it is.
DEEDS = {
    ("pages/shared/saved.py", "_change"): "name",
    ("pages/shared/monitor_files.py", "save"): "deed",
    ("pages/shared/monitor_files.py", "problems_of"): "edit",
    ("pages/shared/uploading.py", "uploader"): "upload",
    ("pages/shared/bringing.py", "take"): "upload",
    ("pages/shared/chain.py", "start"): "verify",
    ("pages/shared/on_record.py", "all_runs"): "look",
    ("pages/shared/slicing.py", "start"): "record",
    ("pages/shared/door.py", "examples_of"): "explore",
    ("pages/shared/keeping.py", "keep"): "edit",
    ("pages/shared/exporting.py", "leave"): "keep",
}
# Files of pages that write to disk; what is new here needs a deed above.
WRITES = {
    "pages/shared/saved.py", "pages/shared/monitor_files.py", "pages/shared/inbox.py", "pages/shared/receive.py",
    "pages/shared/finishing.py", "pages/shared/resuming.py", "pages/shared/turns.py", "pages/shared/allowance.py",
    "pages/shared/keeping.py",
}  # fmt: skip
WRITING = set(
    "open fdopen write_text write_bytes unlink rmtree mkstemp rename touch mkdir copyfileobj".split()
)


def named(path):
    """Module and name of everything that a file imports from somewhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from ((str(node.module), alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_put_nothing_on_record_past_the_door(path):
    for module, name in named(path):
        assert name not in WRITERS.get(module, ()), f"{name_of(path)} imports {module}.{name}: call engine.access.acts"
        whole = not name and module in WRITERS and module != "engine"  # of engine alone nothing but its name is used
        assert not whole, f"{name_of(path)} imports {module} whole: nobody sees what it calls"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_what_is_on_record_is_read_where_it_is_asked_who_is_there(path):
    for module, name in named(path):
        if module.startswith("engine.") and name in READERS and not module.startswith("engine.access"):
            said = f"{name_of(path)} imports {name}: read it through pages/shared/recorded"
            assert name_of(path) in READERS[name], said


def test_tables_of_readers_and_deeds_are_about_files_that_are_there():
    known = {name_of(path) for path in PAGES}
    assert set().union(*READERS.values()) <= known and {file for file, _ in DEEDS} <= known


@pytest.mark.parametrize(("file", "function"), DEEDS)
def test_a_function_that_writes_asks_first_who_is_there(file, function):
    path = next(path for path in PAGES if name_of(path) == file)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = next(one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == function)
    calls = [one for one in ast.walk(found) if isinstance(one, ast.Call)]
    names = {ast.unparse(one.func) for one in calls}
    asks = {"check", "check_visitor", "acts.keep"}
    assert names & asks, f"{file}: {function} does a deed and does not call check(…)"
    assert DEEDS[file, function] in ast.unparse(found)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_other_page_writes_to_disk(path):
    if name_of(path) in WRITES:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert name not in WRITING, f"{name_of(path)} calls {name}: give it a deed, and its place in WRITES"
