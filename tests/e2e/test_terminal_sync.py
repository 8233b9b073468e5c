"""A sync and a person at a terminal: the drift in colors, then one question, also when the answer comes through a pipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.test_terminal import NOTHING_CHANGED, at_terminal
from tests.support.answers import a_service, a_vector, as_bytes, collections
from tests.support.cli import Cli

pytestmark = pytest.mark.installed

ANSWER = as_bytes(collections(products=a_vector(a_service(credential="openai-prod"))))
IN_SHOP = ("--database", "shop", "--keyspace", "default")
QUESTION = "Record this drift (3 added)? [y/N] "


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    cli = Cli.create(tmp_path / "user").init()
    (cli.folder / "answer.json").write_bytes(ANSWER)
    return cli


@pytest.mark.parametrize("output", ["human", "plain", "json"])
def test_the_drift_comes_before_the_question_and_once_for_a_person(cli: Cli, output: str) -> None:
    with at_terminal(cli, "sync", "--from", "answer.json", *IN_SHOP, "-o", output) as terminal:
        terminal.reads(QUESTION)
        before = terminal.screen
        terminal.types("y")
        assert terminal.ends() == 0
    assert "collections\n+ shop/default/products  provider OpenAI, credential openai-prod" in before
    assert "\x1b[32m" in terminal.seen
    assert terminal.screen.count("+ shop/default/products") == 1
    assert len(cli.document()["collections"]) == 1


def test_no_is_an_answer(cli: Cli) -> None:
    before = cli.everything()
    with at_terminal(cli, "sync", "--from", "answer.json", *IN_SHOP) as terminal:
        terminal.reads(QUESTION)
        terminal.types("n")
        assert terminal.ends() == 13
    assert NOTHING_CHANGED in terminal.screen
    assert cli.everything() == before


def test_the_question_is_answered_at_the_terminal_while_the_answer_comes_through_a_pipe(cli: Cli) -> None:
    with at_terminal(cli, "sync", "--from", "-", *IN_SHOP, stdin=ANSWER.decode()) as terminal:
        terminal.reads(QUESTION)
        terminal.types("y")
        assert terminal.ends() == 0
    assert len(cli.document()["collections"]) == 1


def test_nothing_is_shown_twice_when_nobody_is_asked(cli: Cli) -> None:
    with at_terminal(cli, "sync", "--from", "answer.json", *IN_SHOP, "--yes") as terminal:
        assert terminal.ends() == 0
    assert terminal.screen.count("+ shop/default/products") == 1
