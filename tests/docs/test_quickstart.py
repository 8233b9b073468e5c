"""The tour of `make quickstart`: run as it is, after another run, and killed at another point than that one."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
import tomli

from tests.docs.pages import TOP
from tests.docs.session import Shell
from vzctl.domain.state.records import Step

SCRIPT: Final = TOP / "examples" / "quickstart.sh"
LIMIT_SECONDS: Final = 1200
POINTS: Final = {1: "STAGING", 2: "STAGING", 3: "STAGED", 4: "TESTED"}


def tour(temporary: Path, *arguments: str) -> tuple[str, Path]:
    """Run the tour with its folder below `temporary`; return what it said, and the folder."""
    before = set(temporary.glob("vzctl-quickstart-*"))
    environment = {
        **Shell(temporary).environment,
        "TMPDIR": str(temporary),
        "VZCTL_STATE": str(temporary / "of-the-person.toml"),
    }
    done = subprocess.run(
        ["sh", str(SCRIPT), *arguments],
        env=environment,
        cwd=temporary,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    output = done.stdout.decode()
    assert done.returncode == 0, output
    (folder,) = set(temporary.glob("vzctl-quickstart-*")) - before
    return output, folder


def typed(output: str) -> list[str]:
    return [line[2:] for line in output.splitlines() if line.startswith("$ ")]


def killed_at(output: str) -> str:
    found = re.search(r"^killed \(exit status 137\) at the step (\w+):", output, re.MULTILINE)
    assert found is not None, output
    return found[1]


@pytest.mark.slow
def test_the_tour_succeeds_and_kills_its_rotation_at_another_point_than_the_last_one(tmp_path: Path) -> None:
    earlier = {"vzctl-quickstart-20260102030405-aaaaaa": 4, "vzctl-quickstart-20260102030406-aaaaaa": 1}
    for name, point in earlier.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "killed-at").write_text(f"{point}\n", encoding="utf-8")
    output, folder = tour(tmp_path)
    point = int((folder / "killed-at").read_text(encoding="utf-8"))
    assert point in {2, 3, 4}, "another one than the last run"
    assert killed_at(output) == POINTS[point]
    check_story(output, folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*earlier, folder.name])


def check_story(output: str, folder: Path) -> None:
    """Every line of the tour's promise, from what was typed, what was said, and the state that is left."""
    state = folder / "state" / "vzctl" / "default" / "state.toml"
    commands = typed(output)
    for words in (
        "vzctl init",
        "vzctl -q secrets identity",
        "vzctl status",
        "vzctl sync --from",
        "vzctl scope add",
        "vzctl credentials remove openai-prod --dry-run",
        "vzctl credentials rotate openai-prod --secret-env",
        "kill -KILL",
        "vzctl rotations resume",
        "vzctl audit --subject",
        "vzctl map --out",
    ):
        assert any(command.startswith(words) for command in commands), words
    assert "8 credentials of 5 integrations, 6 databases" in output, "what was loaded, before the sync"
    assert "5 dependants would lose $vectorize" in output
    assert [line for line in output.splitlines() if line.startswith("error: ")] == []
    sides = ["the provider's side: ", "Astra's side: ", "not decidable from this text"]
    assert [line for line in output.splitlines() if line.startswith(tuple(sides))] != []
    assert (folder / "map.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "Traceback" not in output
    assert output.splitlines()[-8].endswith(str(state))
    assert [line for line in output.splitlines()[-4:-1] if line.startswith("  vzctl ")] == output.splitlines()[-4:-1]
    check_state(tomli.loads(state.read_text(encoding="utf-8")))


def check_state(document: dict[str, list[dict[str, object]]]) -> None:
    assert {rotation["step"] for rotation in document["rotations"]} == {Step.DONE}
    assert {database["status"] for database in document["databases"]} == {"ACTIVE", "HIBERNATED", "PENDING"}
    assert (len(document["databases"]), len(document["integrations"]), len(document["credentials"])) == (7, 6, 9)
    assert (len(document["collections"]), len({column["table"] for column in document["columns"]})) == (13, 5)
    (shared,) = [item for item in document["credentials"] if item["name"] == "openai-prod"]
    assert len(list(shared["scope"])) == 4  # type: ignore[call-overload]
    used_in = {item["database"] for item in document["collections"] if item.get("credential") == "openai-prod"}
    assert len(used_in) == 3


def test_a_point_that_does_not_exist_ends_the_tour_before_anything_is_made(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", str(SCRIPT), "5"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "quickstart.sh: POINT is 1, 2, 3 or 4\n")
    assert list(tmp_path.iterdir()) == []
