"""The whole life of a key in a real keyring: gnome-keyring on a bus of its own, looked at with a program that is not vzctl."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli, Result
from tests.support.secret_service import SecretService

pytestmark = pytest.mark.installed

SERVICE = "vzctl"


@pytest.fixture(scope="module")
def secret_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretService]:
    service = SecretService.start(tmp_path_factory.mktemp("secret-service"))
    yield service
    service.stop()


def user_of(service: SecretService, folder: Path) -> Cli:
    """Return a user whose store is this keyring; nothing but the bus address leads there."""
    cli = Cli.create(folder, store="keyring").init()
    cli.environment["DBUS_SESSION_BUS_ADDRESS"] = service.environment["DBUS_SESSION_BUS_ADDRESS"]
    cli.environment["PYTHON_KEYRING_BACKEND"] = ""
    return cli


@pytest.fixture
def cli(secret_service: SecretService, tmp_path: Path) -> Cli:
    return user_of(secret_service, tmp_path / "user")


def held(service: SecretService, cli: Cli) -> dict[str, bytes | None]:
    """Return the bytes of this state's items by version id, as `secret-tool` sees them."""
    mine = f"{cli.document()['lineage']}/"
    items = [item for item in service.usernames(SERVICE) if item.startswith(mine)]
    return {item.rpartition("/")[2]: service.lookup(SERVICE, item) for item in items}


def done(result: Result, status: int = 0) -> Result:
    assert result.status == status, result.err
    return result


def add(cli: Cli, key: str) -> None:
    words = ("credentials", "add", "openai-prod", "--provider", "openai", "--scope", "shop", "--secret-stdin")
    done(cli.process(*words, stdin=key))


@pytest.mark.slow
def test_a_key_is_added_rotated_taken_back_rotated_again_revoked_and_removed(
    secret_service: SecretService, cli: Cli
) -> None:
    rotate = ("credentials", "rotate", "openai-prod", "--secret-stdin", "--skip-test", "--yes")
    add(cli, "sk-first\n")
    first = cli.document()["credentials"][0]["current"]
    assert held(secret_service, cli) == {first: b"sk-first"}

    done(cli.process(*rotate, stdin="sk-second"))
    second = cli.document()["credentials"][0]["current"]
    assert held(secret_service, cli) == {first: b"sk-first", second: b"sk-second"}

    done(cli.process("rotations", "rollback", "openai-prod", "--confirm", "openai-prod"))
    assert cli.document()["credentials"][0]["current"] == first
    done(cli.process("revocations", "done", "openai-prod", "--yes"))
    assert held(secret_service, cli) == {first: b"sk-first"}

    done(cli.process(*rotate, stdin="sk-third"))
    third = cli.document()["credentials"][0]["current"]
    done(cli.process("revocations", "done", "openai-prod", "--yes"))
    assert held(secret_service, cli) == {third: b"sk-third"}

    done(cli.process("secrets", "status", "--check"))
    done(cli.process("credentials", "remove", "openai-prod", "--yes"))
    assert held(secret_service, cli) == {}


def test_the_store_answers_its_test_and_keeps_nothing_of_it(secret_service: SecretService, cli: Cli) -> None:
    before = secret_service.usernames(SERVICE)
    result = done(cli.process("secrets", "test"))
    assert result.err == 'the secret store "keyring" answers: a test item was written, read back and deleted\n'
    assert secret_service.usernames(SERVICE) == before


@pytest.mark.slow
def test_what_somebody_else_took_out_of_the_keyring_is_noticed(secret_service: SecretService, cli: Cli) -> None:
    add(cli, "sk-first")
    (version,) = held(secret_service, cli)
    item = next(item for item in secret_service.usernames(SERVICE) if item.endswith(version))
    secret_service.run("secret-tool", "clear", "service", SERVICE, "username", item)
    result = done(cli.process("secrets", "status", "--check"))
    assert result.facts["secrets.0.in_store"] == "absent"
    assert 'warning: the store does not give out the current key of "openai-prod"' in result.err


@pytest.mark.slow
def test_secrets_move_from_the_keyring_into_files(secret_service: SecretService, cli: Cli) -> None:
    add(cli, "sk-first")
    words = ("secrets", "migrate", "--source", "keyring", "--delete-source", "--yes")
    done(cli.process(*words, env={"VZCTL_SECRET_STORE": "file"}))
    assert held(secret_service, cli) == {}
    assert len(list((cli.folder / "state").rglob("*.age"))) == 1


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A user whose keyring held a key until its daemon ended."""
    service = SecretService.start(tmp_path_factory.mktemp("ended"))
    try:
        cli = user_of(service, tmp_path_factory.mktemp("user"))
        add(cli, "sk-first")
    finally:
        service.stop()
    return cli


@pytest.mark.slow
def test_commands_that_need_no_key_work_without_the_daemon(gone: Cli) -> None:
    for words in (
        "credentials list",
        "credentials show openai-prod",
        "status",
        "scope list openai-prod",
        "state check",
        "audit",
        "secrets status",
        "databases show shop",
        "rotations list",
        "revocations list",
        "credentials edit openai-prod --note x",
        "scope remove openai-prod shop --yes",
        "credentials add keyless --provider openai --no-secret",
        "credentials rotate openai-prod --dry-run",
        "credentials remove openai-prod --dry-run",
    ):
        done(gone.process(*words.split()))
    done(gone.process("credentials", "find", "--secret-stdin", stdin="sk-first"))


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("words", "env"),
    [
        ("credentials add new --provider mistral --secret-stdin", {}),
        ("credentials rotate openai-prod --secret-stdin --skip-test --yes", {}),
        ("credentials remove openai-prod --yes", {}),
        ("secrets put openai-prod --secret-stdin", {}),
        ("secrets test", {}),
        ("secrets status --check", {}),
        ("credentials add new --provider mistral --secret-stdin", {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}),
        ("credentials rotate openai-prod --secret-stdin --skip-test --yes",
         {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}),
    ],
)  # fmt: skip
def test_commands_that_need_a_key_end_with_10_before_anything_is_recorded(
    gone: Cli, words: str, env: dict[str, str]
) -> None:
    before = gone.everything()
    result = gone.process(*words.split(), stdin="sk-first-new", env=env)
    assert (result.status, result.out, gone.everything()) == (10, "", before)
    assert "next: vzctl secrets identity ~/identity.txt\n    # set up age files" in result.err
