"""Argument vectors that no one would type, and states that no one would write: every answer is a documented one."""

from __future__ import annotations

import json
import random
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.support.cli import LOGS, SHOP, Cli, Result, every_command
from tests.support.effort import examples
from tests.support.organization import copy_organization, make_organization
from tests.support.standin.shared import LENIENT, shared
from tests.support.states import sound_states
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus
from vzctl.store.schema import format_state

KEYS: Final = {
    name: f"sk-proj-{name.replace('-', '')}0123456789abcdefghij"
    for name in ("openai-prod", "openai-leaked", "mistral-prod", "mistral-next", "openai-leaked-next", "openai-wanted")
}
LIMIT_SECONDS: Final = 30
CHANGING: Final = frozenset(
    {ExitStatus.OK, ExitStatus.MANUAL, ExitStatus.ROTATION_OPEN, ExitStatus.PARTIAL, ExitStatus.CHANGES}
)
DOCUMENTED: Final = frozenset(ExitStatus) - {ExitStatus.INTERNAL, ExitStatus.INTERRUPTED, ExitStatus.TERMINATED}
WORDS: Final = [
    "openai-prod",
    "openai-leaked",
    "mistral-prod",
    "OpenAI-Prod",
    "new-name",
    "shop",
    "logs",
    "archive",
    SHOP,
    LOGS[:8],
    "shop@us-east1",
    "shop/default/products",
    "shop/default/orders.vector",
    "logs/default/new",
    "logs/default/t.v",
    "add-scope:openai-wanted:shop",
    "openai",
    "nvidia",
    "voyageAI",
    "text-embedding-3-small",
    "1536",
    "0",
    "-1",
    "9" * 30,
    "1e999",
    "nan",
    "removed",
    "latest",
    "1",
    "fail",
    "skip",
    "update",
    "json",
    "plain",
    "human",
    "local",
    "astra",
    "bash",
    "exit-codes",
    "2026-01-31",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31",
    "KEY",
    "",
    " ",
    "-",
    "--",
    "--=",
    "-o",
    "a\nb",
    "a\0b",
    "\x1b[31m",
    "[red]x[/red]",
    "e\u0301",
    "\udcff",
    "\U0001f511",
    "..",
    "x" * 300,
    "resourceName=a b",
    "=",
    "sk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9",
]
BATCH: Final = (
    '{"name": "openai-prod", "provider": "openai", "secret_env": "KEY", "databases": ["shop"]}\n'
    '{"name": "new-name", "provider": "openai", "none": true}\n'
)
COMMANDS: Final = dict(every_command())


class Hang(BaseException):
    """The command took far longer than any command does."""


@contextmanager
def bounded() -> Iterator[None]:
    def fail(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(LIMIT_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module", params=["local", "astra"])
def organization(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    cli = Cli.create(tmp_path_factory.mktemp(f"fuzz-{request.param}"))
    make_organization(cli, request.param, KEYS)
    return cli


def options_of(command: Any) -> list[str]:
    return [name for parameter in command.params for name in parameter.opts if name.startswith("-")]


VALID: Final = [
    "status --exit-code",
    "audit --subject openai-prod --limit 3",
    "help exit-codes",
    "completion bash",
    "providers show openai",
    "integrations add jinaAI --if-exists skip",
    "integrations remove voyageAI",
    "credentials list --provider openai --database shop --due --exit-code",
    "credentials add new-name --provider openai --scope shop --scope logs --secret-stdin --note text",
    "credentials add new-name --provider azureOpenAI --no-secret --set-at 2026-01-31 --slot 2 --max-age-days 9",
    "credentials add --from batch.jsonl --if-exists update",
    "credentials edit openai-prod --note text --max-age-days 30 --set-at 2026-01-31",
    "credentials rotate openai-prod --secret-stdin --skip-test --minimum-scope",
    "credentials rotate openai-prod --secret-stdin --skip-test --leaked --confirm openai-prod",
    "credentials rotate --from batch.jsonl --skip-test",
    "credentials find --secret-stdin",
    "credentials remove openai-prod --confirm openai-prod --keep-secret",
    "credentials remove openai-unheld --if-missing skip",
    "scope add openai-prod archive logs",
    "scope remove openai-prod shop logs --force --if-missing skip",
    "scope set openai-prod shop --force",
    "scope set openai-unheld --none",
    "scope add openai-prod --all-databases",
    "databases add news --id 44444444-4444-4444-8444-444444444444 --region eu --endpoint https://news.example.com",
    "databases edit archive --status ACTIVE --name arch --region eu",
    "databases forget archive --force --confirm archive",
    "collections add shop/default/new --provider openai --model text-embedding-3-small --credential openai-prod",
    "collections add logs/default/new --provider nvidia --model NV-Embed-QA",
    "collections list --database shop --provider openai --credential openai-prod --authentication credential",
    "collections forget shop/default/products",
    "tables attach shop/default/orders.vector --provider openai --model text-embedding-3-large --header --replace",
    "tables attach shop/default/new.v --provider azureOpenAI --model text-embedding-3-small --header"
    " --parameter resourceName=a --parameter deploymentId=b",
    "tables detach shop/default/orders.vector",
    "tables forget shop/default/orders.vector --if-missing skip",
    "rotations show openai-leaked",
    "rotations resume openai-leaked --attest revoked --attest removed --take-over --wait 0 --until scoped",
    "rotations resume openai-leaked --secret-stdin --replace-secret",
    "rotations rollback openai-leaked",
    "rotations rollback mistral-prod --confirm mistral-prod --attest removed --skip-look",
    "revocations done mistral-prod",
    "pending confirm --all",
    "pending drop add-scope:openai-wanted:shop",
    "state restore latest --confirm 3",
    "state restore 5 --confirm 5",
    "state check --exit-code",
    "secrets status --check",
    "secrets test",
    "secrets put openai-prod --secret-stdin",
    "secrets put openai-unheld --secret-stdin",
    "secrets reveal openai-prod --which previous",
    "secrets migrate --source env --delete-source",
    "secrets purge",
    "secrets identity new-identity.txt",
    "databases token create shop --print --note x",
    "databases token list shop",
    "databases token revoke shop nothing --if-missing skip",
    "databases edit shop --certificate-name shop.example --freshness 30s",
    "serve config --database shop --format compose --freshness immediate",
    "serve check --url http://127.0.0.1:1/v1 --exit-code",
]


def vector(chance: random.Random) -> list[str]:
    """Return a command line that works, changed in a few places: words replaced, left out, repeated, swapped, put in."""
    words = chance.choice(VALID).split()
    if "--yes" in options_of(COMMANDS.get(" ".join(words[:2]), COMMANDS["status"])) and chance.random() < 0.8:
        words.append("--yes")
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        place = chance.randrange(len(words))
        other = chance.randrange(len(words))
        change = chance.randrange(6)
        if change == 0:
            del words[place]
        elif change == 1:
            words.insert(place, words[place])
        elif change == 2:
            words[place], words[other] = words[other], words[place]
        elif change == 3:
            name = " ".join(words[:2])
            words.insert(place, chance.choice(options_of(COMMANDS[name]) if name in COMMANDS else ["--help"]))
        else:
            words[place] = chance.choice(WORDS)
        if not words:
            return []
    return words


def assert_documented(result: Result, words: Sequence[str]) -> None:
    assert result.status in DOCUMENTED, (words, result.err)
    assert "Traceback" not in result.err + result.out
    if result.status not in CHANGING:
        assert result.err or result.out, words


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.sampled_from(["", "sk-one\n", "\n", "\0", "y\n", '{"name": "x"}\n']))
def test_a_command_with_any_arguments_ends_with_a_documented_status(
    organization: Cli, tmp_path_factory: pytest.TempPathFactory, chance: random.Random, stdin: str
) -> None:
    words = vector(chance)
    cli = copy_organization(organization, tmp_path_factory.getbasetemp() / "fuzz")
    cli.configure(cli.configuration + shared()[LENIENT].configuration)  # a mistyped --skip-test asks the provider
    (cli.folder / "batch.jsonl").write_text(BATCH)
    before = cli.everything()
    try:
        with bounded():
            result = cli.run(
                *words, stdin=stdin, env={"VZCTL_OUTPUT": chance.choice(["json", "plain", "human"]), "KEY": "sk-two"}
            )
        after = cli.everything()
    finally:
        shutil.rmtree(cli.folder)
    event(next(status.name for status in ExitStatus if status == result.status))
    assert_documented(result, words)
    if result.status not in CHANGING:
        assert after["vzctl/default/state.toml"] == before["vzctl/default/state.toml"], (words, result)


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=5).filter(lambda text: "/" not in text)), max_size=6)
)
def test_any_words_are_a_usage_error_in_json_too(organization: Cli, words: list[str]) -> None:
    with bounded():
        result = organization.run(*words, env={"VZCTL_OUTPUT": "json"})
    assert_documented(result, words)
    if not any(word.startswith("-") for word in words):
        document = json.loads(result.out)
        assert document["ok"] is (result.status == ExitStatus.OK)


def reading(state: State) -> Iterator[list[str]]:
    """Yield every command that only looks, at everything that there is."""
    for name in ("status", "status -v", "audit", "providers list", "integrations list", "credentials list --due"):
        yield name.split()
    for name in ("databases list", "collections list", "tables list", "rotations list", "revocations list --all"):
        yield name.split()
    for name in ("pending list", "state show", "state check", "state export", "secrets status", "state backups"):
        yield name.split()
    for credential in state.credentials:
        for verb in ("credentials show", "scope list", "rotations show", "databases list --credential"):
            yield [*verb.split(), credential.name]
        yield ["credentials", "remove", credential.name, "--dry-run"]
        yield ["rotations", "rollback", credential.name, "--dry-run"]
        yield ["credentials", "rotate", credential.name, "--dry-run", "--skip-test"]
    for database in state.databases:
        yield ["databases", "show", "--", database.id]
        yield ["databases", "forget", "--dry-run", "--force", "--", database.id]
    for integration in state.integrations:
        yield ["integrations", "show", integration.provider]


@pytest.mark.slow
@settings(
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(sound_states(), st.sampled_from(["json", "plain", "human"]))
def test_every_state_that_can_be_read_can_be_looked_at_by_every_command(
    tmp_path_factory: pytest.TempPathFactory, state: State, output: str
) -> None:
    folder: Path = tmp_path_factory.getbasetemp() / "fuzz-states"
    cli = Cli.create(folder)
    cli.state.parent.mkdir(parents=True, exist_ok=True)
    cli.state.write_bytes(format_state(state))
    before = cli.everything()
    for words in reading(state):
        with bounded():
            result = cli.run(*words, env={"VZCTL_OUTPUT": output})
        assert_documented(result, words)
    assert cli.everything() == before
    shutil.rmtree(folder)
