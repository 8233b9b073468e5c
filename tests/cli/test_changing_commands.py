"""What holds for every command that changes something: a dry run and read-only mode leave every byte as it was."""

from __future__ import annotations

import pytest

from tests.support.cli import LOGS, Cli, every_command
from vzctl.cli.flags import ChangeCommand

CHANGING = {
    "init": ["--control-plane", "local", "--profile", "other"],
    "integrations add": ["mistral"],
    "integrations remove": ["voyageAI"],
    "credentials add": ["new", "--provider", "openai", "--no-secret", "--scope", "shop"],
    "credentials edit": ["openai-prod", "--note", "new"],
    "credentials rotate": ["openai-prod", "--secret-stdin", "--skip-test"],
    "credentials remove": ["openai-prod"],
    "scope add": ["openai-prod", "logs"],
    "scope copy": ["openai-prod", "unused"],
    "scope remove": ["unused", "shop"],
    "scope set": ["openai-prod", "shop", "logs"],
    "databases add": ["third"],
    "databases edit": ["logs", "--status", "PARKED"],
    "databases forget": ["logs"],
    "databases token create": ["shop", "--out", "shop.token"],
    "databases token revoke": ["shop", "missing", "--if-missing", "skip"],
    "collections add": ["shop/default/second"],
    "collections create": ["shop/default/second"],
    "collections forget": ["shop/default/products"],
    "tables attach": ["shop/default/events.other"],
    "tables detach": ["shop/default/events.vector"],
    "tables forget": ["shop/default/events.vector"],
    "rotations resume": ["half"],
    "rotations rollback": ["half"],
    "revocations done": ["openai-prod"],
    "pending confirm": ["--all"],
    "pending drop": ["--all"],
    "state merge": ["base.toml", "ours.toml", "state/vzctl/default/state.toml"],
    "state restore": ["latest"],
    "secrets identity": ["new-identity.txt"],
    "secrets put": ["keyless", "--secret-stdin"],
    "secrets token put": ["--secret-stdin"],
    "secrets token drop": [],
    "secrets reveal": ["openai-prod"],
    "secrets migrate": ["--source", "exec"],
    "secrets purge": [],
    "sync": ["--from", "answer.json", "--database", "shop", "--keyspace", "default"],
}
AT_A_TERMINAL = {"secrets reveal"}
"""Refused here before anything else: tests/e2e/test_terminal.py has it."""
SECRET = "sk-a-new-key"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A state in which every changing command has something to do."""
    cli = Cli.create(tmp_path_factory.mktemp("busy")).init()
    cli.ok("databases", "add", "logs", "--id", LOGS)
    cli.add().add("unused", key="sk-unused").collect()
    cli.ok("tables", "attach", "shop/default/events.vector", "--provider", "nvidia", "--model", "NV-Embed-QA")
    cli.ok("integrations", "add", "voyageAI")
    cli.ok("credentials", "add", "keyless", "--provider", "openai", "--no-secret")
    assert cli.rotate().status == 0
    cli.ok("secrets", "token", "put", "--secret-stdin", stdin="AstraCS:a:token")
    cli.add("half", key="sk-half")
    for name in ("base.toml", "ours.toml"):
        (cli.folder / name).write_bytes(cli.state.read_bytes())
    keep_half_a_rotation(cli)
    exec_store = '[secrets.exec]\nget = ["cat", "{item}"]\nset = ["tee", "{item}"]\ndelete = ["rm", "{item}"]\n'
    configuration = cli.folder / "config" / "vzctl" / "config.toml"
    cli.configure(configuration.read_text(encoding="utf-8") + exec_store)
    answer = '{"status": {"collections": [{"name": "seen", "options": {}}]}}'
    (cli.folder / "answer.json").write_text(answer, encoding="utf-8")
    return cli


def keep_half_a_rotation(cli: Cli) -> None:
    """Leave the rotation of `half` as a crash right after its beginning would: the state before the bytes were staged."""
    assert cli.rotate("half", key="sk-half-new").status == 0
    backups = sorted((cli.folder / "state/vzctl/default/state.toml.d/backups").glob("*.toml"))
    begun = next(path for path in reversed(backups) if 'step = "STAGING"' in path.read_text(encoding="utf-8"))
    cli.rewind(int(begun.stem))


def test_the_table_has_every_changing_command() -> None:
    changing = {name for name, command in every_command() if isinstance(command, ChangeCommand)}
    assert set(CHANGING) == changing


@pytest.mark.parametrize("name", sorted(CHANGING.keys() - AT_A_TERMINAL))
def test_a_dry_run_changes_nothing(busy: Cli, name: str) -> None:
    before = busy.everything()
    result = busy.run(*name.split(), *CHANGING[name], "--dry-run", stdin=SECRET)
    assert (result.status, busy.everything()) == (0, before), result.err
    assert not (busy.folder / "new-identity.txt").exists()


@pytest.mark.parametrize("name", sorted(CHANGING.keys() - AT_A_TERMINAL))
def test_read_only_refuses_it_and_changes_nothing(busy: Cli, name: str) -> None:
    before = busy.everything()
    words = [*name.split(), *CHANGING[name], "--yes"]
    result = busy.run(*words, stdin=SECRET, env={"VZCTL_READ_ONLY": "1"})
    assert (result.status, result.out, result.err, busy.everything()) == (
        2,
        "",
        "error: VZCTL_READ_ONLY is set: nothing may be changed\n",
        before,
    )


@pytest.mark.parametrize("name", sorted(CHANGING.keys() - AT_A_TERMINAL))
def test_read_only_refuses_a_dry_run_too(busy: Cli, name: str) -> None:
    result = busy.run(*name.split(), *CHANGING[name], "--dry-run", stdin=SECRET, env={"VZCTL_READ_ONLY": "1"})
    assert (result.status, result.error) == (2, "VZCTL_READ_ONLY is set: nothing may be changed")


@pytest.mark.parametrize("value", ["", "0", "false", "no", "off"])
def test_read_only_is_off_by_the_usual_words(busy: Cli, value: str) -> None:
    result = busy.run("credentials", "edit", "openai-prod", "--note", "x", "-n", env={"VZCTL_READ_ONLY": value})
    assert result.status == 0


def test_commands_that_read_do_so_in_read_only_mode(busy: Cli) -> None:
    before = busy.everything()
    for words in (["status"], ["credentials", "list"], ["state", "export"], ["audit"], ["secrets", "status"]):
        assert busy.run(*words, env={"VZCTL_READ_ONLY": "1"}).status == 0
    assert busy.everything() == before
