"""The shape of the code: which layer imports which, how long a file may be, and what has no place in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import pytest

import vzctl

TOP: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = TOP / "src" / "vzctl"
MODULES: Final = sorted(SOURCE.rglob("*.py"))

LONGEST_FUNCTION: Final = 60
DRAWERS: Final = frozenset({"common", "core", "helper", "helpers", "misc", "util", "utils"})

# Ruff's TID251 says so earlier, but excuses a file from one call only together with all others.
ENVIRONMENT: Final = ("settings.py", "__main__.py", "cli/wiring.py", "completion/*")
CLOCK: Final = ("cli/wiring.py",)
REPLACING: Final = ("store/atomic.py",)
ROOM_OF_CALL: Final = {
    "os.environ": ENVIRONMENT,
    "os.getenv": ENVIRONMENT,
    "datetime.now": CLOCK,
    "datetime.utcnow": CLOCK,
    "date.today": CLOCK,
    "time.time": CLOCK,
    "time.time_ns": CLOCK,
    "os.replace": REPLACING,
    "os.rename": REPLACING,
    "tempfile.mkstemp": REPLACING,
    "tempfile.NamedTemporaryFile": REPLACING,
}


def name_of(module: Path) -> str:
    return module.relative_to(SOURCE).as_posix()


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def assert_none(found: Collection[str]) -> None:
    assert not found, "\n" + "\n".join(found)


def test_imports_point_down_only() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    if not lint_imports.exists():
        pytest.fail("lint-imports is not installed beside this Python: run the tests with `make test`")
    answer = subprocess.run(
        [lint_imports, "--no-cache", "--config", "pyproject.toml"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_there_is_code_to_look_at() -> None:
    assert len(MODULES) > 1


@pytest.mark.slow
def test_no_function_is_too_long() -> None:
    too_long = [
        f"{name_of(module)}:{node.lineno}: {node.name}: {length} lines"
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert_none(too_long)


def test_no_module_is_a_drawer_for_everything() -> None:
    paths = [module.relative_to(SOURCE).with_suffix("") for module in MODULES]
    assert_none([str(path) for path in paths if DRAWERS.intersection(part.strip("_") for part in path.parts)])


def test_packages_hold_a_docstring_only() -> None:
    packages = [module for module in MODULES if module.name == "__init__.py" and module.parent != SOURCE]
    full = [name_of(package) for package in packages if not is_docstring_only(tree_of(package).body)]
    assert_none(full)


def is_docstring_only(body: list[ast.stmt]) -> bool:
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def test_the_top_package_holds_the_version_only() -> None:
    body = tree_of(SOURCE / "__init__.py").body
    allowed = [node for node in body if not isinstance(node, ast.ImportFrom)]
    assert is_docstring_only(allowed[:1])
    assert [ast.unparse(node).partition("=")[0].partition(":")[0].strip() for node in allowed[1:]] == ["__version__"]


def test_every_module_says_what_it_is() -> None:
    assert_none([name_of(module) for module in MODULES if not ast.get_docstring(tree_of(module))])


def test_nothing_is_left_to_do() -> None:
    note = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
    left = [
        f"{path.relative_to(TOP)}:{number}: {line.strip()}"
        for path in sorted(SOURCE.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if note.search(line)
    ]
    assert_none(left)


def guarded_calls(module: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rpartition(".")[2]
            yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def test_clock_environment_and_renames_stay_in_their_rooms() -> None:
    strays = [
        f"{name_of(module)}:{line}: {call}"
        for module in MODULES
        for line, call in guarded_calls(module)
        if call in ROOM_OF_CALL and not any(module.relative_to(SOURCE).match(pattern) for pattern in ROOM_OF_CALL[call])
    ]
    assert_none(strays)


def test_the_changelog_begins_with_this_version() -> None:
    headings = re.findall(r"^## \[?([^\]\s]+)", (TOP / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    released = [heading for heading in headings if heading.lower() != "unreleased"]
    assert released[:1] == [vzctl.__version__]


def test_end_to_end_tests_that_start_the_program_are_run_against_the_wheel() -> None:
    forgotten = [
        path.name
        for path in sorted((TOP / "tests" / "e2e").glob("test_*.py"))
        if re.search(
            r"installed_command|\.process\(|Terminal\(|at_terminal\(", text := path.read_text(encoding="utf-8")
        )
        and "\npytestmark = pytest.mark.installed\n" not in text
    ]
    assert_none(forgotten)
