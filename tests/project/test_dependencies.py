"""What is imported is declared: a package that another one happens to bring may be gone with that one's next release."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Final

import pytest

TOP: Final = Path(__file__).resolve().parents[2]
OURS: Final = frozenset({"vzctl", "tests", "tools", "benchmarks"})
RUN_NOT_IMPORTED: Final = frozenset(
    {"build", "coverage", "import-linter", "mypy", "pytest-cov", "pytest-xdist", "ruff", "types-jsonschema"}
)
"""Programs and plugins of developers."""


@cache
def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    """Return the distributions that are declared: those of every installation, and those of the extras."""
    lines = [
        *project()["dependencies"],
        *(line for extra in extras for line in project()["optional-dependencies"][extra]),
    ]
    found = [re.match(r"[\w.-]+", line) for line in lines]
    return {normalized(match[0]) for match in found if match is not None}


def imported(*folders: str) -> set[str]:
    """Return the distributions that the Python files below the folders import from."""
    modules = {name for folder in folders for path in (TOP / folder).rglob("*.py") for name in modules_of(path)}
    known = packages_distributions()
    return {normalized(known[name][0]) for name in modules - OURS - sys.stdlib_module_names}


def modules_of(path: Path) -> Iterator[str]:
    """Yield the first name of every module that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module.partition(".")[0]


def test_what_vzctl_imports_is_what_it_declares() -> None:
    assert imported("src/vzctl") == declared("age", "serve")


def test_only_the_service_and_the_age_files_import_what_an_extra_brings() -> None:
    packages = [path.name for path in (TOP / "src" / "vzctl").iterdir() if path.is_dir() and path.name != "service"]
    without = imported(*(f"src/vzctl/{name}" for name in packages))
    assert without - declared() == {"pyrage"}


def test_what_the_tests_and_tools_import_is_declared() -> None:
    used = imported("tests", "tools", "benchmarks")
    assert used <= declared("age", "serve", "dev")
    assert declared("dev") - declared() - used == RUN_NOT_IMPORTED


@pytest.mark.parametrize("line", ["import h11", "from h11 import Data", "def f():\n    import h11._util"])
def test_an_import_is_found_wherever_it_is(line: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(line, encoding="utf-8")
    assert list(modules_of(tmp_path / "module.py")) == ["h11"]


def test_every_declared_package_is_pinned() -> None:
    pins = (TOP / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {normalized(line.partition("==")[0]) for line in pins if not line.startswith("#")}
    assert declared("age", "serve", "dev") - pinned == set()
