"""Where the token is taken from: shown by its source, never by its value, and never sent where it does not belong."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import SHOP, Cli
from tests.support.live import PRODUCTS, LiveUser, live_user
from tests.support.standin.astra import TOKEN
from tests.support.standin.server import StandIn
from vzctl.cli.astra_token import find_token
from vzctl.clients.endpoint import astra_endpoint, command_url
from vzctl.errors import AuthError, ExitStatus, UsageError


@pytest.fixture
def user(cli: Cli) -> Iterator[LiveUser]:
    with StandIn() as stand_in:
        yield live_user(cli, stand_in, "astra")


def found(tmp_path: Path, variable: str | None = None, profile: str = "default", **environ: str) -> tuple[str, str]:
    token = find_token({"HOME": str(tmp_path), **environ}, variable=variable, profile=profile)
    assert "AstraCS" not in repr(token)
    return token.secret.reveal(), token.source


def test_the_strongest_source_wins(tmp_path: Path) -> None:
    with pytest.raises(AuthError) as caught:
        found(tmp_path)
    assert caught.value.code == "TOKEN_MISSING"
    (tmp_path / ".astrarc").write_text(
        "[default]\nASTRA_DB_APPLICATION_TOKEN=AstraCS:of-profile\n[work]\nASTRA_DB_APPLICATION_TOKEN = AstraCS:of-work\n"
    )
    assert found(tmp_path) == ("AstraCS:of-profile", f"{tmp_path}/.astrarc [default]")
    assert found(tmp_path, profile="work") == ("AstraCS:of-work", f"{tmp_path}/.astrarc [work]")
    file = tmp_path / "token.txt"
    file.write_text("AstraCS:of-file\n")
    environ = {"ASTRA_TOKEN_FILE": str(file)}
    assert found(tmp_path, **environ) == ("AstraCS:of-file", f"ASTRA_TOKEN_FILE ({file})")
    environ["ASTRA_DB_APPLICATION_TOKEN"] = "AstraCS:of-variable"
    assert found(tmp_path, **environ) == ("AstraCS:of-variable", "ASTRA_DB_APPLICATION_TOKEN")
    environ["OTHER"] = "AstraCS:of-flag"
    assert found(tmp_path, "OTHER", **environ) == ("AstraCS:of-flag", "--token-env OTHER")


def test_a_pipe_is_waited_for(tmp_path: Path) -> None:
    """`ASTRA_TOKEN_FILE=<(program)`: the program has not written yet when the pipe is opened."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as file:
            file.write(b"AstraCS:")
            file.write(b"late\n")

    program = threading.Timer(0.3, write)
    program.start()
    assert found(tmp_path, ASTRA_TOKEN_FILE=f"/dev/fd/{reading}")[0] == "AstraCS:late"
    program.join()
    os.close(reading)


@pytest.mark.parametrize("is_open", [True, False], ids=["a writer that is silent", "no writer"])
def test_a_pipe_is_not_waited_for_without_end(is_open: bool, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    held = [os.open(pipe, os.O_RDWR)] if is_open else []
    with pytest.raises(AuthError) as caught:
        find_token({"ASTRA_TOKEN_FILE": str(pipe)}, variable=None, profile="default", pipe_seconds=0.1)
    assert caught.value.code == "TOKEN_FILE_UNREADABLE"
    assert caught.value.message.endswith(f'"{pipe}": nothing was written into it for 0.1 seconds')
    for descriptor in held:
        os.close(descriptor)


@pytest.mark.parametrize("text", ["", "\n", '""\n'])
def test_an_empty_file_is_no_token(text: str, tmp_path: Path) -> None:
    file = tmp_path / "token.txt"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        found(tmp_path, ASTRA_TOKEN_FILE=str(file))
    assert caught.value.code == "TOKEN_INVALID"
    assert caught.value.message == f"there is no token in ASTRA_TOKEN_FILE ({file}): it is empty"


def test_profiles_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere"
    path.write_text('[default]\nASTRA_DB_APPLICATION_TOKEN="AstraCS:quoted"\nASTRA_ENV=PROD\n')
    assert found(tmp_path, ASTRARC=str(path))[0] == "AstraCS:quoted"


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"ASTRA_DB_APPLICATION_TOKEN": "two words"}, "TOKEN_INVALID"),
        ({"ASTRA_DB_APPLICATION_TOKEN": "AstraCS:ü"}, "TOKEN_INVALID"),
        ({"ASTRA_TOKEN_FILE": "/nowhere/token"}, "TOKEN_FILE_UNREADABLE"),
        ({"ASTRARC": __file__}, "TOKEN_FILE_UNREADABLE"),
    ],
)
def test_what_is_no_token_is_refused_and_not_repeated(environ: dict[str, str], code: str, tmp_path: Path) -> None:
    with pytest.raises((AuthError, UsageError)) as caught:
        found(tmp_path, **environ)
    assert caught.value.code == code
    assert "two words" not in caught.value.message


def test_a_flag_without_its_variable_does_not_fall_back(tmp_path: Path) -> None:
    with pytest.raises(AuthError) as caught:
        found(tmp_path, "UNSET", ASTRA_DB_APPLICATION_TOKEN="AstraCS:x")
    assert caught.value.code == "TOKEN_VARIABLE_UNSET"


def test_a_command_shows_the_source_and_not_the_token(user: LiveUser) -> None:
    result = user.cli.run("scope", "check", "openai-prod", "-v")
    assert result.status == 0
    assert "token: from ASTRA_DB_APPLICATION_TOKEN\n" in result.err
    assert "kEsTrL" not in result.err
    del user.cli.environment["ASTRA_DB_APPLICATION_TOKEN"]
    assert user.cli.run("scope", "check", "openai-prod").status == ExitStatus.AUTH
    assert user.cli.run("scope", "check", "openai-prod", "--token-env", "MINE", env={"MINE": TOKEN}).status == 0


def test_an_astra_token_does_not_go_to_an_endpoint_of_the_state(user: LiveUser) -> None:
    user.cli.ok("databases", "edit", "shop", "--endpoint", "https://evil.example.com")
    result = user.cli.run("probe", PRODUCTS)
    assert (result.status, result.error) == (
        ExitStatus.AUTH,
        'the Astra token is not sent to "https://evil.example.com": your configuration does not name this host',
    )


def test_addresses_of_astra() -> None:
    endpoint = astra_endpoint("prod", SHOP, "us-east1")
    assert endpoint == f"https://{SHOP}-us-east1.apps.astra.datastax.com"
    assert command_url(endpoint) == f"{endpoint}/api/json/v1"
    assert command_url("http://localhost:8181/") == "http://localhost:8181/v1"
    with pytest.raises(UsageError):
        astra_endpoint("prod", SHOP, "us-east1.evil.com/")


def test_an_unknown_endpoint_is_asked_for(cli: Cli) -> None:
    with StandIn() as stand_in:
        user = live_user(cli, stand_in)
        text = user.cli.state.read_text(encoding="utf-8")
        line = f'endpoint = "{user.astra.endpoint(SHOP)}"\n'
        assert line in text
        user.cli.state.write_text(text.replace(line, ""), encoding="utf-8")
        result = user.cli.run("probe", PRODUCTS)
    assert (result.status, result.error) == (ExitStatus.CONFLICT, 'no endpoint of the database "shop" is recorded')
