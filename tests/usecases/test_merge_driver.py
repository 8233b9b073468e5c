"""`vzctl state merge` as git calls it: one state, two branches."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import tomli

from tests.support.cli import LOGS, Cli, installed_command
from tests.support.tools import require_tool


class Repository:
    """A repository with a state that two branches change."""

    def __init__(self, cli: Cli) -> None:
        self.cli = cli
        self.folder = cli.folder / "repository"
        self.state = self.folder / "state.toml"
        self.folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "tester")
        self.git("config", "user.email", "tester@example.invalid")
        self.git("config", "merge.vzctl.driver", f"{' '.join(installed_command())} state merge %O %A %B")
        (self.folder / ".gitattributes").write_text("state.toml merge=vzctl\n", encoding="utf-8")
        cli.environment["VZCTL_STATE"] = str(self.state)
        cli.init().add()
        self.commit("base")

    def git(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {**self.cli.environment, "PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null"}
        return subprocess.run(
            ["git", *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=check
        )

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def branches(self, ours: list[tuple[str, ...]], theirs: list[tuple[str, ...]]) -> None:
        self.git("checkout", "-q", "-b", "theirs")
        for words in theirs:
            self.cli.ok(*words)
        self.commit("theirs")
        self.git("checkout", "-q", "main")
        for words in ours:
            self.cli.ok(*words)
        self.commit("ours")


@pytest.fixture
def repository(cli: Cli) -> Repository:
    require_tool("git")
    return Repository(cli)


@pytest.mark.slow
def test_changes_of_two_branches_are_merged_by_record(repository: Repository) -> None:
    repository.branches(
        [("databases", "add", "blog", "--id", LOGS), ("credentials", "edit", "openai-prod", "--note", "ours")],
        [("credentials", "edit", "openai-prod", "--max-age-days", "7")],
    )
    merged = repository.git("merge", "--no-edit", "theirs", check=False)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    document = tomli.loads(repository.state.read_text(encoding="utf-8"))
    assert [item["name"] for item in document["databases"]] == ["shop", "blog"]
    assert [(item["note"], item["max_age_days"]) for item in document["credentials"]] == [("ours", 7)]
    assert document["serial"] == 6 + 1
    assert repository.cli.run("state", "check").status == 0


def test_a_conflict_is_listed_and_the_file_stays_as_it_is(repository: Repository) -> None:
    repository.branches(
        [("credentials", "edit", "openai-prod", "--note", "ours")],
        [("credentials", "edit", "openai-prod", "--note", "theirs")],
    )
    before = repository.state.read_bytes()
    merged = repository.git("merge", "--no-edit", "theirs", check=False)
    assert merged.returncode == 1
    assert 'credential "openai-prod": note was changed on both sides' in merged.stdout + merged.stderr
    assert repository.state.read_bytes() == before
    assert "UU state.toml" in repository.git("status", "--short").stdout


@pytest.mark.slow
def test_a_conflicted_file_is_merged_by_hand_as_the_help_page_says(repository: Repository) -> None:
    repository.git("config", "--unset", "merge.vzctl.driver")
    (repository.folder / ".gitattributes").unlink()
    repository.commit("no driver")
    repository.branches([("databases", "add", "blog")], [("databases", "add", "news")])
    assert repository.git("merge", "--no-edit", "theirs", check=False).returncode == 1
    status = repository.cli.run("status")
    assert (status.status, "vzctl help git" in status.err) == (9, True)
    page = repository.cli.ok("help", "git").out
    block = page.partition("Merge a conflicted file without the driver:")[2].partition("If both sides")[0]
    commands = "\n".join(line.strip() for line in block.splitlines() if line.startswith("  "))
    program = Path(installed_command()[0]).parent
    subprocess.run(
        ["sh", "-e", "-c", commands],
        cwd=repository.folder,
        env={**repository.cli.environment, "PATH": f"{program}:/usr/local/bin:/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    document = tomli.loads(repository.state.read_text(encoding="utf-8"))
    assert sorted(item["name"] for item in document["databases"]) == ["blog", "news", "shop"]


def test_nothing_is_written_in_a_dry_run_or_when_nothing_may_be_changed(cli: Cli) -> None:
    cli.init().add()
    empty = cli.folder / "empty"
    empty.write_bytes(b"")
    before = cli.state.read_bytes()
    words = ("state", "merge", str(empty), str(cli.state), str(cli.state))
    assert cli.ok(*words, "--dry-run").facts["serial"] == "5"
    assert cli.run(*words, env={"VZCTL_READ_ONLY": "1"}).status == 2
    assert cli.state.read_bytes() == before


def test_a_broken_side_is_named(cli: Cli) -> None:
    cli.init()
    broken = cli.folder / "theirs"
    broken.write_bytes(b"schema = ")
    before = cli.state.read_bytes()
    result = cli.run("state", "merge", "/dev/null", str(cli.state), str(broken))
    assert (result.status, str(broken) in result.error, cli.state.read_bytes()) == (9, True, before)
    steps = [line for line in result.err.splitlines() if line.startswith("  next: ")]
    assert steps == ["  next: vzctl help git"]  # a backup of the selected state has nothing of this file
