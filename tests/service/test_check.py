"""`serve check` against running services, good ones and strange ones."""

from __future__ import annotations

import contextlib
import http.server
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.service import drop_stored, make_token, running


def check(cli: Cli, url: str, *words: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return check and result of each row, and what was seen where it is wrong."""
    result = cli.ok("serve", "check", "--url", url, *words, "--no-exit-code")
    wrong = [row[2] for row in result.rows if row[1] == "wrong"]
    expected = 20 if wrong else 0
    assert cli.run("serve", "check", "--url", url, *words).status == expected
    return [(row[0], row[1]) for row in result.rows], wrong


OK = [("address", "ok"), ("service", "ok"), ("readiness", "ok"), ("recognition", "ok")]


def test_a_service_that_is_all_right_is_asked_for_every_credential_and_gives_out_no_key(cli: Cli) -> None:
    cli.ok("scope", "remove", "openai-unheld", "shop", "--yes")
    make_token(cli)
    with running(cli) as service:
        rows, wrong = check(cli, service.url, "--token-file", "shop-token")
        names = ("openai-prod", "mistral-prod", "azureOpenAI-prod", "huggingface-prod", "huggingfaceDedicated-prod")
        assert (rows, wrong) == ([*OK, *((f"credential {name}", "ok") for name in names)], [])
        assert [line["event"] for line in service.log if line["event"] == "first_fetch"] == []


def test_a_credential_without_a_key_is_found_before_its_users_find_it(cli: Cli) -> None:
    make_token(cli)
    with running(cli) as service:
        rows, wrong = check(cli, service.url, "--token-file", "shop-token")
        assert ([row for row in rows if row[1] == "wrong"], wrong) == (
            [("credential openai-unheld", "wrong")],
            ["it has no key"],
        )


def test_a_missing_key_of_another_database_is_a_warning(cli: Cli) -> None:
    cli.ok("scope", "remove", "openai-unheld", "shop", "--yes")
    make_token(cli)
    logs = make_token(cli, "logs")
    drop_stored(cli, "openai-logs")
    with running(cli) as service:
        api = service.data_api(logs)
        api.get(api.path("openai", "openai-logs"))
        rows, wrong = check(cli, service.url, "--token-file", "shop-token")
        assert (rows[2], wrong) == (("readiness", "warning"), [])
        result = cli.ok("serve", "check", "--url", service.url, "--token-file", "shop-token", "--no-exit-code")
        assert result.rows[2][2] == "it is ready, but some credential cannot be given out: SECRET_NOT_HELD"
        assert "next: vzctl secrets status --check\n  # where the service runs, as its user\n" in result.err


def test_a_service_whose_database_is_gone_is_not_ready(cli: Cli) -> None:
    with running(cli, "--database", "logs") as service:
        api = service.data_api()
        assert api.get("/readyz").status == 200
        cli.ok("credentials", "remove", "openai-logs", "--confirm", "openai-logs")
        cli.ok("databases", "forget", "logs", "--yes")
        assert api.get(api.path("openai", "openai-logs")).status == 401
        ready = api.get("/readyz")
        assert (ready.status, ready.document) == (503, {"ready": False, "reasons": ["DATABASE_GONE"], "warnings": []})
        result = cli.ok("serve", "check", "--url", service.url, "--no-exit-code")
        assert (result.rows[2][1:], result.err.count("next: vzctl databases list\n")) == (
            ["wrong", "it is not ready: DATABASE_GONE"],
            1,
        )


def test_a_key_that_is_recorded_and_missing_from_the_store_is_found(cli: Cli) -> None:
    cli.ok("scope", "remove", "openai-unheld", "shop", "--yes")
    make_token(cli)
    drop_stored(cli, "mistral-prod")
    with running(cli) as service:
        assert check(cli, service.url, "--token-file", "shop-token")[1] == ["it has no key"]


def test_what_is_wrong_with_a_token_is_told_apart(cli: Cli, tmp_path: Path) -> None:
    token = make_token(cli)
    other = Cli.create(tmp_path / "other").init()
    foreign = make_token(other, "shop", "foreign")
    (cli.folder / "foreign").write_text(foreign, encoding="utf-8")
    damaged = token[:-1] + ("0" if token[-1] != "0" else "1")
    (cli.folder / "damaged").write_text(damaged, encoding="utf-8")
    with running(cli) as service:
        seen = {
            words: check(cli, service.url, *words)[1]
            for words in ((), ("--token-file", "foreign"), ("--token-file", "damaged"))
        }
        assert seen == {
            (): ["it wants a token or a client certificate"],
            ("--token-file", "foreign"): ["the token is not in this state: it was revoked, or made for another one"],
            ("--token-file", "damaged"): ["the file holds a damaged token: its id is known, the rest is not right"],
        }
        foreign_file = cli.folder / "foreign"
        assert check(other, service.url, "--token-file", str(foreign_file))[1] == [
            "the token is in this state, so the service reads another state file"
        ]
        nowhere = Cli.create(tmp_path / "nowhere")
        assert check(nowhere, service.url, "--token-file", str(foreign_file))[1] == [
            "it does not know this token: revoked, or made for another state"
        ]
        right = str(cli.folder / "shop-token")
        assert check(nowhere, service.url, "--token-file", right) == ([*OK, ("credentials", "skipped")], [])


def test_a_service_for_one_database_needs_no_token(cli: Cli) -> None:
    with running(cli, "--database", "shop") as service:
        assert check(cli, service.url) == ([*OK, ("credentials", "skipped")], [])


def test_a_database_without_a_credential_is_told(cli: Cli) -> None:
    cli.ok("databases", "add", "empty")
    make_token(cli, "empty")
    with running(cli) as service:
        rows, wrong = check(cli, service.url, "--token-file", "empty-token")
        assert (rows[-1], wrong) == (("credentials", "wrong"), ['the database "empty" may use no credential'])


@pytest.mark.slow
def test_a_service_that_is_not_ready_says_why(cli: Cli) -> None:
    make_token(cli)
    with running(cli) as service:
        sound = cli.state.read_bytes()
        cli.state.write_bytes(sound[: len(sound) // 2])
        _, wrong = check(cli, service.url, "--token-file", "shop-token")
        assert wrong == ["it is not ready: STATE_BROKEN"]
        cli.state.write_bytes(sound)
        shutil.move(cli.folder / "identity.txt", cli.folder / "elsewhere.txt")
    with running(cli) as service:
        _, wrong = check(cli, service.url, "--token-file", "shop-token")
        assert wrong[0] == "it is not ready: SECRET_STORE_LOCKED"
        assert wrong[1] == "HTTP 503: its key cannot be read"


def test_nothing_there_and_a_name_that_is_none(cli: Cli) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        assert check(cli, url)[1] == ["connection refused: nothing listens there"]


class Stranger(http.server.BaseHTTPRequestHandler):
    """Answers everything with the status, type and body of its server."""

    def do_GET(self) -> None:
        status, kind, body = self.server.answers.get(self.path, self.server.answers[""])  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  (the name it has)
        pass


@contextlib.contextmanager
def stranger(answers: dict[str, tuple[int, str, bytes]]) -> Iterator[str]:
    """Run another program; yield its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    server.answers = answers  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


ALIVE = {"/healthz": (200, "application/json", b'{"alive": true}'), "/readyz": (200, "application/json", b"{}")}
STRANGE: dict[str, tuple[dict[str, tuple[int, str, bytes]], str]] = {
    "another program": ({"": (200, "text/html", b"<html>")}, "something else answers there (HTTP 200)"),
    "a redirect": ({"": (302, "text/html", b"")}, "something else answers there (HTTP 302)"),
    "another content type": (
        {**ALIVE, "": (200, "text/html", b"{}")},
        "the answer is not application/json: is a proxy in between?",
    ),
    "an empty answer": (
        {**ALIVE, "": (200, "application/json", b'{"credentials": {}}')},
        "the answer has no errors[] with a message: this is another service",
    ),
    "no JSON": (
        {**ALIVE, "": (200, "application/json", b"nothing")},
        "the answer has no errors[] with a message: this is another service",
    ),
    "404 for a name": (
        {**ALIVE, "": (404, "application/json", b"{}")},
        "HTTP 404 for a name that does not exist; a Data API asks four times then",
    ),
    "hostile words": (
        {**ALIVE, "/readyz": (503, "application/json", b'{"reasons": ["\\u001b[2J", "STATE_BROKEN", "two words"]}')}
        | {"": (401, "application/json", b"{}")},
        "it is not ready: STATE_BROKEN",
    ),
}


@pytest.mark.parametrize(("answers", "seen"), STRANGE.values(), ids=STRANGE)
def test_something_else_is_recognized(cli: Cli, answers: dict[str, tuple[int, str, bytes]], seen: str) -> None:
    with stranger(answers) as url:
        assert check(cli, url)[1][0] == seen


def test_a_foreign_host_header_is_explained(cli: Cli) -> None:
    with stranger({"": (403, "application/json", b"{}")}) as url:
        assert check(cli, url)[1][0].startswith("it refuses this Host header")
