"""The house rules, held by the code itself: who may import whom, which package lives where, how long a file is."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path
    for top in ("app.py", "pages", "engine")
    for path in ([ROOT / top] if top.endswith(".py") else (ROOT / top).rglob("*.py"))
    if path.is_file()
)

# The rooms of the engine. A file imports only what stands before its room, or lies in it.
ORDER = (
    "errors spreadsheet logs cpu freed compiled columns slices summaries operations outcomes ranking maturity tables "
    "metrics noise thinned findings units reasons pair schema rows signals asked assess performance fairness "
    "operations_findings reference attribution cohorts estimate expected consequence monitor run record look explore "
    "policy store health due review studio deliver charts evidence collect access cli_base cli_compare cli_tables "
    "cli_cohorts cli_recorded cli_store cli_backup cli_evidence cli_seal cli_deliver cli"
).split()
# A package is imported in these places only: rooms of the engine, or app.py and pages.
HOMES = {
    "streamlit": ("app.py", "pages"),
    "duckdb": ("tables",),
    "pyspark": ("tables",),
    "python_calamine": ("tables",),
    "sqlglot": ("tables",),
    "plotly": ("charts",),
    "scipy": ("compiled", "metrics", "noise", "estimate"),
    "typst": ("evidence",),
    "pypdf": ("evidence",),
    "pyhanko": ("evidence",),
    "sqlalchemy": ("store",),
    "click": ("cli_base", "cli_store", "cli_backup", "cli_seal", "cli"),
    "pydantic": ("monitor", "access"),
    "yaml": ("monitor",),
}
LINES, PAGE_LINES = 300, 150
LOOSE_PAGES = {"frame.py", "__init__.py"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(path: Path) -> str:
    """The room a file lies in: errors, tables, …; app.py or pages outside the engine; '' for the engine's door."""
    parts = path.relative_to(ROOT).parts
    if parts[0] != "engine":
        return parts[0]
    room = parts[1].removesuffix(".py")
    return {"__init__": "", "__main__": "cli"}.get(room, room)


def imports(path: Path) -> Iterator[str]:
    """The modules that a file names; what is for the type checker alone is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_checker = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_checker:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively; write the whole name, engine.…"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_named(module: str) -> str:
    """The room of an imported name 'engine.…'; the door's own names are the run's."""
    step = module.split(".")[1]
    return "run" if step in engine.__all__ else step


EACH = pytest.mark.parametrize("path", FILES, ids=name_of)
ENGINE = pytest.mark.parametrize("path", [path for path in FILES if room_of(path) in ORDER], ids=name_of)


def test_there_are_files_to_hold_the_rules_against():
    assert {room_of(path) for path in FILES} >= {"errors", "tables", "metrics", "run"}


def test_every_room_of_the_engine_has_its_place_in_the_order():
    lost = sorted({room_of(path) for path in FILES if name_of(path).startswith("engine/")} - {"", *ORDER})
    assert not lost, f"engine/{lost[0]} is in no table: give it a place in ORDER, after all that it imports"


@ENGINE
def test_imports_run_one_way(path):
    here = ORDER.index(room_of(path))
    for name in imports(path):
        top = name.split(".")[0]
        assert top not in ("pages", "app", "tests"), f"{name_of(path)} imports {name}: the engine knows no screen"
        if top == "engine" and name != "engine":
            room = room_named(name)
            assert room in ORDER, f"{name_of(path)} imports {name}, which is in no room of ORDER"
            assert ORDER.index(room) <= here, (
                f"{name_of(path)} may not import {name}: {ORDER[here]} stands before {room}"
            )


@EACH
def test_each_package_has_one_home(path):
    for name in imports(path):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or room_of(path) in homes, (
            f"{name_of(path)} imports {name}; that package is imported in {' and '.join(homes)} only"
        )


@EACH
def test_a_file_is_one_sitting(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    most = PAGE_LINES if room_of(path) == "pages" else LINES
    assert lines <= most, f"{name_of(path)} has {lines} lines, {most} at most: move one concept out of it"


@EACH
def test_a_file_opens_with_a_sentence(path):
    text = path.read_text(encoding="utf-8")
    if path.name == "__init__.py" and not text:
        return
    first = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
    assert first.endswith((".", ":")), (
        f"{name_of(path)} wants a first docstring line that says, in a sentence, what it is"
    )


def test_only_the_frame_lies_directly_in_the_pages_folder():
    loose = sorted(path.name for path in (ROOT / "pages").glob("*.py") if path.name not in LOOSE_PAGES)
    assert not loose, (
        f"pages/{loose[0]}: Streamlit would open it without the frame; it belongs in pages/SECTION/page.py"
    )


def test_no_import_runs_in_a_circle():
    files = {module_of(path): path for path in FILES}

    def targets(path: Path) -> set[str]:
        named = set(imports(path))
        return {name if name in files else name.rpartition(".")[0] for name in named} & set(files) - {module_of(path)}

    try:
        TopologicalSorter({module: targets(path) for module, path in files.items()}).prepare()
    except CycleError as error:
        pytest.fail(
            f"imports run in a circle: {' → '.join(error.args[1])}; move what both need into a room before both"
        )


BLOCKED = """
import importlib, pkgutil, sys
blocked, skipped = set(sys.argv[1].split(",")), set(sys.argv[2].split(","))
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Wall())
import engine
names = [m.name for m in pkgutil.walk_packages(engine.__path__, "engine.", onerror=lambda name: None)]
for name in names:
    if name.split(".")[1] not in skipped and not name.endswith("__main__"):
        importlib.import_module(name)
        print(name)
"""


@pytest.mark.parametrize(
    ("blocked", "skipped"),
    [(["streamlit"], [""]), (["streamlit", "plotly"], ORDER[ORDER.index("charts") :])],
    ids=["no streamlit", "no plotly"],
)
def test_the_engine_imports_where_no_screen_can(blocked, skipped):
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, ",".join(blocked), ",".join(skipped)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"the engine needs {' or '.join(blocked)} to be imported:\n{done.stderr}"
    assert "engine.run" in done.stdout.split()
