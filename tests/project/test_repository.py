"""The files that GitHub, pre-commit, and editors read: their structure, and that they agree with the rest of the project."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from tests.docs.pages import PAGES
from tests.support.yaml_subset import parse

TOP: Final = Path(__file__).resolve().parents[2]
PROJECT: Final[dict[str, Any]] = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE: Final = (TOP / "Makefile").read_text(encoding="utf-8")
FORMS: Final = ("bug_report.yml", "feature_request.yml")


def read_yaml(name: str) -> Any:
    return parse((TOP / name).read_text(encoding="utf-8"))


def test_the_workflow_checks_out_and_calls_the_ci_script_on_each_python() -> None:
    workflow = read_yaml(".github/workflows/ci.yml")
    assert workflow["on"].keys() == {"push", "pull_request", "workflow_dispatch"}
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    checkout, run = job["steps"]
    assert re.fullmatch(r"actions/checkout@v\d+", checkout["uses"])
    assert run["env"] == {"CI": "true"}
    assert run["run"].splitlines()[-1] == "bash .ci/run"
    pythons = job["strategy"]["matrix"]["python"]
    assert pythons == ["3.11", "3.12", "3.13"]
    assert PROJECT["project"]["requires-python"] == f">={pythons[0]}"
    classified = {item.rpartition(" ")[2] for item in PROJECT["project"]["classifiers"] if "Python :: 3." in item}
    assert set(pythons) <= classified


def test_the_workflow_uses_no_secret() -> None:
    assert "secrets." not in (TOP / ".github/workflows/ci.yml").read_text(encoding="utf-8")


def test_the_hooks_run_the_tools_of_the_virtual_environment_as_make_does() -> None:
    (repository,) = read_yaml(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    entries = [hook["entry"].removesuffix(" --force-exclude") for hook in repository["hooks"]]
    assert [entry.split()[0] for entry in entries] == [".venv/bin/ruff", ".venv/bin/ruff", ".venv/bin/mypy"]
    recipes = re.findall(r"^\t@?\$\(BIN\)/(.+)$", MAKEFILE, re.MULTILINE)
    assert [
        entry for entry in entries if not any(recipe.startswith(entry[len(".venv/bin/") :]) for recipe in recipes)
    ] == []


@pytest.mark.parametrize("name", FORMS)
def test_an_issue_form_warns_of_keys_and_names_each_field_once(name: str) -> None:
    form = read_yaml(f".github/ISSUE_TEMPLATE/{name}")
    assert {"name", "description", "labels", "body"} == form.keys()
    first, *fields = form["body"]
    assert first["type"] == "markdown"
    assert "Never paste a key or a token" in first["attributes"]["value"]
    assert {item["type"] for item in fields} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert all(item["attributes"]["label"] for item in fields)
    ids = [item["id"] for item in fields]
    assert len(ids) == len(set(ids))


def test_every_issue_form_is_tested() -> None:
    assert sorted(path.name for path in (TOP / ".github" / "ISSUE_TEMPLATE").iterdir()) == sorted(FORMS)


def test_a_bug_report_asks_for_the_version_and_the_support_bundle() -> None:
    fields = {item.get("id"): item["attributes"] for item in read_yaml(".github/ISSUE_TEMPLATE/bug_report.yml")["body"]}
    assert "`vzctl --version`" in fields["version"]["description"]
    assert "`vzctl support bundle`" in fields["bundle"]["description"]


def test_the_make_targets_of_the_pull_request_template_exist() -> None:
    template = (TOP / ".github" / "pull_request_template.md").read_text(encoding="utf-8")
    named = {target for words in re.findall(r"`make ([a-z -]+)`", template) for target in words.split()}
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert named >= {"generate", "test"}
    assert named - targets == set()


def test_editors_and_ruff_agree_on_the_length_of_a_line() -> None:
    settings = configparser.ConfigParser()
    settings.read_string("[top]\n" + (TOP / ".editorconfig").read_text(encoding="utf-8"))
    assert settings["*.py"]["max_line_length"] == str(PROJECT["tool"]["ruff"]["line-length"])
    assert settings["Makefile"]["indent_style"] == "tab"


def test_the_source_distribution_has_these_files_and_every_page() -> None:
    included = set(PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    pages = {f"/{page.name}" for page in PAGES if page.parent == TOP}
    assert pages >= {"/CONTRIBUTING.md", "/README.md", "/SECURITY.md"}
    assert {"/.ci", "/.editorconfig", "/.github", "/.pre-commit-config.yaml", *pages} - included == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        (
            "a: 1\nb:\n  - x\n  - y: [p, 'q']\n    z: \"s\"\nc:\n",
            {"a": "1", "b": ["x", {"y": ["p", "q"], "z": "s"}], "c": None},
        ),
        (
            "a: |\n  one # kept\n\n  two\nb: https://example.com/#x # a comment\n",
            {"a": "one # kept\n\ntwo", "b": "https://example.com/#x"},
        ),
        ("- a\n- b\n", ["a", "b"]),
    ],
)
def test_the_part_of_yaml_that_is_used_is_read(text: str, expected: Any) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n  b: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "a: 1\na: 2\n",
        "a:\n\tb: 1\n",
        "a: b: c\n",
        "a: [b\n",
        'a: "b\n',
        "a: *b\n",
        "a: 1\nb\n",
        "a:\n  - b\n   - c\n",
        "a: 1\n- b\n",
    ],
)
def test_other_yaml_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^line \d"):
        parse(text)
