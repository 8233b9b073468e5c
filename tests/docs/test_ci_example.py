"""The files of examples/ci, in a real clone with a real remote: what is committed, what is pushed, which exit status."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import tomli

import vzctl
from tests.docs.pages import TOP
from tests.docs.session import Shell
from tests.support.tools import require_tool

CI: Final = TOP / "examples" / "ci"
LIMIT_SECONDS: Final = 120
LONG_AGO: Final = "2025-03-01"


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone as a pipeline has it: scripts, state, a store that is configured outside of it, and a remote."""

    shell: Shell
    folder: Path

    def run(self, text: str, **variables: str) -> tuple[int, str]:
        """Run a script in the clone; return its exit status and everything it said."""
        done = subprocess.run(
            ["sh", "-c", text],
            env={name: value for name, value in {**self.shell.environment, **variables}.items() if value},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout.decode()

    def ok(self, text: str) -> str:
        status, output = self.run(text)
        assert status == 0, output
        return output

    def rotate(self, **variables: str) -> tuple[int, str]:
        return self.run("sh ci/rotate.sh openai-prod", **variables)

    def pushed(self) -> list[str]:
        """Return the subjects of the commits that the remote has, newest first."""
        return self.ok("git log --format=%s origin/main").splitlines()

    def remote_state(self) -> dict[str, Any]:
        """Return the state that the next run will see."""
        return tomli.loads(self.ok("git show origin/main:vzctl/state.toml"))

    def is_clean(self) -> bool:
        return self.ok("git status --porcelain") == ""


@pytest.fixture
def clone(request: pytest.FixtureRequest, tmp_path: Path) -> Clone:
    """A clone on the plane that the test is parametrized with, `local` unless it says so."""
    require_tool("git")
    plane = getattr(request, "param", "local")
    shell = Shell(tmp_path)
    shell.script(
        f"""
        set -e
        git init --quiet --bare --initial-branch main remote.git
        git clone --quiet remote.git clone 2>/dev/null
        vzctl -q secrets identity identity.txt >identity.out
        VZCTL_IDENTITY=$(cat identity.txt) sh {CI}/configure.sh
        cd clone
        git switch --quiet --orphan main 2>/dev/null || git checkout --quiet -B main
        cp {CI}/vzctl.toml .vzctl.toml
        mkdir ci
        cp {CI}/rotate.sh {CI}/configure.sh ci/
        vzctl -q init --control-plane {plane}
        vzctl -q databases add shop --id 5f0c1e0a-7b1d-4c39-9a51-d2f6c0a1b2c3
        vzctl -q credentials add openai-prod --provider openai --scope shop --secret-env OPENAI_KEY || [ $? = 14 ]
        [ {plane} = local ] || vzctl -q pending confirm --all
        vzctl -q credentials edit openai-prod --set-at {LONG_AGO}
        git add . && git commit --quiet --message first && git push --quiet --set-upstream origin main
        """
    )
    return Clone(shell, tmp_path / "clone")


@pytest.mark.slow
def test_a_key_that_is_due_is_rotated_and_pushed_once(clone: Clone) -> None:
    status, output = clone.rotate()
    assert (status, clone.is_clean()) == (0, True), output
    assert clone.pushed() == ["vzctl: openai-prod", "first"]
    assert [rotation["step"] for rotation in clone.remote_state()["rotations"]] == ["DONE"]
    assert clone.rotate() == (0, "the key of openai-prod is not due\n")
    assert clone.pushed() == ["vzctl: openai-prod", "first"]


@pytest.mark.slow
def test_the_next_run_on_another_machine_reads_the_new_key(clone: Clone) -> None:
    status, output = clone.rotate()
    assert status == 0, output
    clone.ok("git clone --quiet ../remote.git ../fresh")
    checked = clone.ok("cd ../fresh && vzctl secrets status --check -o plain")
    rows = {line.split(".")[2].partition("\t")[2] for line in checked.splitlines() if ".in_store\t" in line}
    assert rows == {"present"}


@pytest.mark.slow
def test_a_credential_that_is_not_among_the_due_ones_is_left_alone(clone: Clone) -> None:
    clone.ok("vzctl -q credentials add openai-dev --provider openai --secret-env OTHER_KEY -o human")
    assert clone.run("sh ci/rotate.sh openai-dev")[1].endswith("the key of openai-dev is not due\n")
    assert [item.get("step") for item in clone.remote_state().get("rotations", [])] == []


@pytest.mark.slow
def test_without_the_new_key_nothing_is_begun(clone: Clone) -> None:
    status, output = clone.rotate(NEW_KEY="")
    assert status == 2
    assert 'the environment variable "NEW_KEY" is not set' in output
    assert (clone.pushed(), clone.is_clean()) == (["first"], True)


@pytest.mark.slow
def test_a_broken_state_stops_the_run_and_is_not_committed_over(clone: Clone) -> None:
    clone.ok("echo '<<<<<<< ours' >>vzctl/state.toml && git commit --quiet -am broken && git push --quiet")
    status, output = clone.rotate()
    assert status == 9
    assert "conflict markers" in output
    assert (clone.pushed(), clone.is_clean()) == (["broken", "first"], True)


@pytest.mark.slow
@pytest.mark.parametrize("clone", ["astra"], indirect=True)
def test_on_astra_the_run_stops_for_a_person_and_the_next_one_goes_on(clone: Clone) -> None:
    status, output = clone.rotate()
    assert (status, clone.is_clean()) == (14, True), output
    assert "click More, then Remove API key" in output
    assert [rotation["step"] for rotation in clone.remote_state()["rotations"]] == ["TESTED"]

    assert clone.rotate()[0] == 14
    assert clone.run("vzctl -q rotations resume openai-prod --attest removed")[0] == 12
    status, output = clone.rotate()
    assert (status, clone.is_clean()) == (12, True), output
    assert "add the API key" in output
    assert [rotation["step"] for rotation in clone.remote_state()["rotations"]] == ["REMOVED"]

    clone.ok("vzctl -q rotations resume openai-prod --attest recreated --attest scoped")
    assert clone.rotate() == (0, "the key of openai-prod is not due\n")
    assert [rotation["step"] for rotation in clone.remote_state()["rotations"]] == ["DONE"]


@pytest.mark.slow
def test_a_push_that_is_refused_is_no_success(clone: Clone) -> None:
    clone.ok(
        "printf '#!/bin/sh\\nexit 1\\n' >../remote.git/hooks/pre-receive && chmod +x ../remote.git/hooks/pre-receive"
    )
    assert clone.rotate()[0] == 1
    assert clone.pushed() == ["first"]


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_a_pipeline_uses_this_version_and_these_files(name: str) -> None:
    text = (CI / name).read_text(encoding="utf-8")
    assert re.findall(r"'vzctl\[age\]==([^']+)'", text) == [vzctl.__version__]
    assert set(re.findall(r"\bsh ci/(\S+)", text)) == {"configure.sh", "rotate.sh"}
    assert re.search(r"concurrency:|resource_group:", text), "one writer at a time"
    assert "14" in text
    assert "12" in text


@pytest.mark.slow
def test_a_name_that_does_not_exist_is_no_success(clone: Clone) -> None:
    status, output = clone.run("sh ci/rotate.sh opnai-prod")
    assert (status, 'there is no credential "opnai-prod"' in output) == (3, True)
    assert clone.pushed() == ["first"]


@pytest.mark.slow
def test_a_new_key_that_is_the_one_it_has_already_is_no_success(clone: Clone) -> None:
    status, output = clone.run("NEW_KEY=$OPENAI_KEY sh ci/rotate.sh openai-prod")
    assert (status, "still due: NEW_KEY is the key that it has already" in output) == (4, True), output


@pytest.mark.slow
def test_a_run_that_is_ended_by_a_signal_pushes_what_was_changed(clone: Clone) -> None:
    # The pipeline's time is up while vzctl works: it finishes its step, and the script saves it.
    wrapper = clone.folder.parent / "bin" / "vzctl"
    wrapper.parent.mkdir()
    real = clone.ok("command -v vzctl").strip()
    wrapper.write_text(
        f'#!/bin/sh\n{real} "$@"\nstatus=$?\ncase "$*" in *rotate*) kill -TERM $PPID;; esac\nexit $status\n',
        encoding="utf-8",
    )
    wrapper.chmod(0o755)
    status, output = clone.run(f'PATH="{wrapper.parent}:$PATH" sh ci/rotate.sh openai-prod')
    assert status == 143, output
    assert (clone.pushed(), clone.is_clean()) == (["vzctl: openai-prod", "first"], True)


@pytest.mark.slow
def test_where_vzctl_is_set_up_already_nothing_is_replaced(clone: Clone) -> None:
    status, output = clone.run("VZCTL_IDENTITY=other sh ci/configure.sh")
    assert (status, "is there already; nothing was replaced" in output) == (1, True)
