"""Sync from files: what it reads, what it asks, what it writes, and what it leaves exactly as it was."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.answers import a_database_row, a_service, a_vector, as_bytes, collections, providers, tables
from tests.support.cli import LOGS, SHOP, Cli, Result
from tests.usecases.meanwhile import context_of, while_asked
from vzctl.errors import CancelledError, ConflictError
from vzctl.usecases.context import Danger, Question
from vzctl.usecases.observation.observe import AnswerFile, Sources
from vzctl.usecases.sync.sync import Sync, sync

FRESH = "44444444-4444-4444-8444-444444444444"
IN_SHOP = ("--database", "shop", "--keyspace", "default")
PRODUCTS = a_vector(a_service(credential="openai-prod"))
EXAMPLES = Path(__file__).parents[2] / "examples" / "observed"


def write(cli: Cli, name: str, document: Any) -> str:
    (cli.folder / name).write_bytes(document if isinstance(document, bytes) else as_bytes(document))
    return name


def synced(cli: Cli, *documents: Any, words: tuple[str, ...] = ("--yes",)) -> Result:
    names = [write(cli, f"{number}.json", document) for number, document in enumerate(documents)]
    return cli.run("sync", "--from", *names, *words)


def report(cli: Cli, *documents: Any, words: tuple[str, ...] = ("--yes",)) -> dict[str, Any]:
    result = synced(cli, *documents, words=(*words, "-o", "json"))
    assert result.status in (0, 20), result.out
    found: dict[str, Any] = json.loads(result.out)
    return found


def drift(document: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(row["group"], row["change"], row["action"], row["subject"]) for row in document["data"]["drift"]]


def test_a_sync_is_one_change_with_intent_and_outcome(cli: Cli) -> None:
    cli.init()
    before = cli.document()["serial"]
    document = report(cli, collections(products=PRODUCTS), words=("--yes", *IN_SHOP))
    assert (document["changed"], document["data"]["applied"], cli.document()["serial"]) == (True, True, before + 1)
    lines = (cli.state.parent / "state.toml.d" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    intent, outcome = [json.loads(line) for line in lines[-2:]]
    assert (intent["phase"], outcome["phase"], outcome["outcome"], intent["id"]) == (
        "intent",
        "outcome",
        "done",
        outcome["id"],
    )
    assert intent["subjects"] == ["openai", "openai-prod", "shop/default/products"]
    assert intent["details"] == [
        "add integrations openai: implied by 1 credential: openai-prod",
        "add credentials openai-prod: provider OpenAI, scope shop; named by 1 dependant; its key is not here",
        "add collections shop/default/products: provider OpenAI, authentication credential, credential openai-prod, "
        "model text-embedding-3-small, dimension 1536",
    ]
    assert document["nextSteps"] == [{"command": "vzctl secrets put openai-prod", "comment": "if you have its key"}]


def test_nothing_to_do_writes_nothing(cli: Cli) -> None:
    cli.init()
    synced(cli, collections(products=PRODUCTS), words=("--yes", *IN_SHOP))
    before = cli.everything()
    result = synced(cli, collections(products=PRODUCTS), words=(*IN_SHOP, "--exit-code"))
    assert (result.status, result.err) == (0, "nothing to do: what was looked at is as recorded\n")
    assert cli.everything() == before


def test_an_adopted_credential_takes_its_key_and_keeps_its_scope(cli: Cli) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    synced(cli, collections(products=PRODUCTS), words=("--yes", *IN_SHOP))
    cli.ok("secrets", "put", "openai-prod", "--secret-stdin", stdin="sk-first")
    words = ("--yes", "--database", "logs", "--keyspace", "default")
    document = report(cli, collections(lines=PRODUCTS), words=words)
    assert drift(document) == [("collections", "added", "add", "logs/default/lines")]
    assert [item["code"] for item in document["data"]["problems"]] == ["OUT_OF_SCOPE"]
    assert document["nextSteps"][-1]["command"] == "vzctl state check"


def test_a_database_and_its_contents_may_come_in_one_call(cli: Cli) -> None:
    cli.ok("init", "--control-plane", "astra")
    answers = [
        [a_database_row(SHOP, "shop")],
        collections(products=PRODUCTS),
        tables(t={"v": PRODUCTS}),
        providers(openai=True),
    ]
    document = report(cli, *answers, words=("--yes", *IN_SHOP))
    assert drift(document) == [
        ("databases", "added", "add", "shop"),
        ("integrations", "added", "add", "openai"),
        ("credentials", "added", "add", "openai-prod"),
        ("collections", "added", "add", "shop/default/products"),
        ("columns", "added", "add", "shop/default/t.v"),
    ]
    assert [(row["kind"], row["count"], row["covers"], row["whole"]) for row in document["data"]["answers"]] == [
        ("databases", 1, "these databases, not the absence of others", False),
        ("findCollections", 1, "collections of shop/default", True),
        ("listTables", 1, "vector columns of shop/default", True),
        ("findEmbeddingProviders", 1, "what one Data API offers", True),
    ]
    endpoint = cli.document()["databases"][0]["endpoint"]
    assert endpoint == f"https://{SHOP}-us-east1.apps.astra.datastax.com"


def test_the_order_of_the_files_does_not_matter(cli: Cli, tmp_path: Path) -> None:
    answers = [[a_database_row(SHOP, "shop"), a_database_row(LOGS, "logs")], [a_database_row(FRESH, "fresh")]]
    other = Cli.create(tmp_path / "other")
    for one, documents in ((cli, answers), (other, answers[::-1])):
        one.ok("init", "--control-plane", "astra")
        assert synced(one, *documents).status == 0
    assert cli.document()["databases"] == other.document()["databases"]


@pytest.mark.parametrize(("size", "is_whole"), [(49, True), (50, False), (25, False), (100, False), (101, True)])
def test_a_full_page_may_go_on(cli: Cli, size: int, is_whole: bool) -> None:
    cli.ok("init", "--control-plane", "astra")
    rows = [a_database_row(f"{number:08x}-1111-4222-8333-444455556666", f"d{number}") for number in range(size)]
    assert synced(cli, rows, [a_database_row(LOGS, "logs")]).status == 0
    document = report(cli, rows)
    assert drift(document) == ([("databases", "gone", "mark gone", "logs")] if is_whole else [])
    assert ("LIST_MAY_GO_ON" in [item["code"] for item in document["warnings"]]) != is_whole


def test_a_full_page_and_the_last_one_are_the_whole_list(cli: Cli) -> None:
    cli.ok("init", "--control-plane", "astra")
    rows = [a_database_row(f"{number:08x}-1111-4222-8333-444455556666", f"d{number}") for number in range(50)]
    last = [a_database_row(FRESH, "fresh")]
    synced(cli, rows, [*last, a_database_row(LOGS, "logs")])
    assert drift(report(cli, last, rows)) == [("databases", "gone", "mark gone", "logs")]


ONE = a_database_row(SHOP, "shop", region="us-east1")


@pytest.mark.parametrize("document", [[], ONE, [ONE]])
def test_an_empty_list_and_a_single_database_say_nothing_of_others(cli: Cli, document: Any) -> None:
    cli.init("astra").ok("databases", "add", "logs", "--id", LOGS)
    assert [row for row in drift(report(cli, document, words=("--prune", "--yes"))) if row[1] == "gone"] == []


def test_two_lists_of_one_database_are_no_whole_list(cli: Cli) -> None:
    cli.init("astra").ok("databases", "add", "logs", "--id", LOGS)
    document = report(cli, [ONE], [a_database_row(FRESH, "fresh")])
    assert [row for row in drift(document) if row[1] == "gone"] == []
    assert report(cli, [ONE])["warnings"] == [
        {"code": "LIST_MAY_GO_ON", "message": "a single database says nothing of the others", "subject": None}
    ]


def test_answers_that_disagree_are_refused(cli: Cli) -> None:
    cli.init("astra")
    pairs: list[tuple[Any, Any, str]] = [
        ([a_database_row(SHOP, "shop")], [a_database_row(SHOP, "shop", status="PARKED")], f"the database {SHOP}"),
        (collections(a=None), collections(b=None), "the collections of one keyspace"),
        (tables(a={}), tables(a={"v": a_vector()}), "the tables of one keyspace"),
        (providers(openai=True), providers(openai=False), "embedding providers"),
    ]
    before = cli.everything()
    for one, other, what in pairs:
        words = IN_SHOP if "keyspace" in what else ()
        result = synced(cli, one, other, words=("--yes", *words))
        assert (result.status, result.error) == (
            2,
            f'"1.json" and another file disagree about {what}: ask anew; nothing was changed',
        )
    assert cli.everything() == before


def test_the_same_answer_twice_is_one(cli: Cli) -> None:
    cli.init()
    assert len(drift(report(cli, collections(a=None), collections(a=None), words=("--yes", *IN_SHOP)))) == 1


ROWS = [a_database_row(SHOP, "shop"), a_database_row(LOGS, "logs")]
BAD = {
    "truncated": as_bytes(ROWS)[:-40],
    "gzip": gzip.compress(as_bytes(ROWS)),
    "empty": b"",
    "not UTF-8": as_bytes(ROWS).replace(b"logs", b"lo\xffs"),
    "twice": as_bytes([*ROWS, ROWS[0]]),
    "other kind": as_bytes({"status": {"keyspaces": ["a"]}}),
    "other organization": as_bytes([a_database_row(FRESH, "fresh")]),
    "deep": b"[" * 100_000,
    "junk": os.urandom(1 << 20),
    "names only": as_bytes({"status": {"collections": ["a"]}}),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_bad_input_leaves_every_byte_as_it_was_also_beside_a_good_file(cli: Cli, data: bytes) -> None:
    cli.init("astra")
    before = cli.everything()
    for documents in ([data], [data, collections(fresh=None)], [collections(fresh=None), data]):
        result = synced(cli, *documents, words=("--yes", "--prune", *(IN_SHOP if len(documents) > 1 else ())))
        assert result.status in (2, 4), result.err
        assert "Traceback" not in result.err
    assert cli.everything() == before


def test_names_that_vzctl_refuses_leave_the_state_as_it_was(cli: Cli) -> None:
    cli.init("astra")
    before = cli.everything()
    odd = a_vector(a_service(credential="no name!"))
    assert synced(cli, collections(odd=odd), words=("--yes", *IN_SHOP)).status == 0
    assert cli.everything() == before
    assert synced(cli, [a_database_row(SHOP, "shop"), a_database_row(LOGS, "a/b")]).status == 0
    assert synced(cli, collections(odd=odd), words=("--yes", "--exit-code", *IN_SHOP)).status == 20
    assert "a/b" not in cli.state.read_text(encoding="utf-8")
    assert "no name" not in cli.state.read_text(encoding="utf-8")


def test_a_name_from_outside_never_becomes_part_of_a_command(cli: Cli) -> None:
    cli.init("astra")
    result = synced(cli, [a_database_row(SHOP, "shop"), a_database_row(LOGS, "$(reboot)", status="DREAMING")])
    assert result.status == 0
    check = cli.run("state", "check", "-o", "json")
    commands = [step["command"] for step in json.loads(check.out)["nextSteps"]]
    assert commands == [f"vzctl databases edit {LOGS} --status ACTIVE"]


def test_what_a_rotation_rests_on_is_left_and_said(cli: Cli) -> None:
    cli.init("astra").add().attest_all().collect()
    assert cli.rotate().status == 14
    before = cli.document()
    seen = collections(products=a_vector(a_service()), other=None)
    document = report(cli, seen, words=("--yes", *IN_SHOP))
    assert drift(document) == [
        ("collections", "added", "add", "shop/default/other"),
        ("collections", "changed", "skip", "shop/default/products"),
    ]
    assert [(item["code"], item["message"]) for item in document["warnings"]] == [
        ("SKIPPED_FOR_ROTATION", '"shop/default/products" was left as it is: a rotation of "openai-prod" is open')
    ]
    assert document["nextSteps"] == [
        {"command": "vzctl rotations resume openai-prod", "comment": "finish it, then sync again"}
    ]
    after = cli.document()
    assert (after["collections"][0], after["credentials"]) == (before["collections"][0], before["credentials"])


def test_several_databases_with_contents_are_pruned_by_the_name_of_the_organization(cli: Cli) -> None:
    cli.ok("init", "--control-plane", "astra", "--organization", "acme")
    for name, database in (("shop", SHOP), ("logs", LOGS), ("fresh", FRESH)):
        cli.ok("databases", "add", name, "--id", database)
    for name in ("shop", "logs"):
        synced(cli, collections(a=PRODUCTS), words=("--yes", "--database", name, "--keyspace", "default"))
    words = ("--prune", "--yes")
    rows = [a_database_row(FRESH, "fresh"), a_database_row(FRESH[:-1] + "5", "more")]
    assert "give --confirm acme" in synced(cli, rows, words=words).error
    assert synced(cli, rows, words=("--prune", "--confirm", "acme")).status == 0
    document = cli.document()
    assert [item["name"] for item in document["databases"]] == ["fresh", "more"]
    assert "collections" not in document
    assert "scope" not in document["credentials"][0]


def request(*documents: Any, **parts: Any) -> Sync:
    files = [AnswerFile(f"{number}.json", as_bytes(document)) for number, document in enumerate(documents)]
    return Sync(Sources(files, **parts))


def test_a_state_that_changed_while_somebody_was_asked_is_not_overwritten(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init()
    context = while_asked(cli, monkeypatch, cli.add)
    with pytest.raises(ConflictError) as caught:
        sync(context, request(collections(products=PRODUCTS), database="shop", keyspace="default"))
    assert caught.value.code == "CHANGED_MEANWHILE"
    assert "collections" not in cli.document()


def test_an_unrelated_change_while_somebody_was_asked_is_kept(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init()
    context = while_asked(cli, monkeypatch, lambda: cli.ok("databases", "add", "logs", "--id", LOGS))
    outcome = sync(context, request(collections(products=PRODUCTS), database="shop", keyspace="default"))
    assert outcome.changed
    document = cli.document()
    assert ([item["name"] for item in document["databases"]], document["collections"][0]["name"]) == (
        ["shop", "logs"],
        "products",
    )


def test_a_collection_that_was_recorded_anew_while_asked_is_not_forgotten(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init().add().collect()

    def record_anew() -> None:
        cli.ok("collections", "forget", "shop/default/products", "--yes")
        words = ("--provider", "openai", "--model", "text-embedding-3-large", "--credential", "openai-prod")
        cli.ok("collections", "add", "shop/default/products", *words)

    context = while_asked(cli, monkeypatch, record_anew)
    gone = replace(request(collections(), database="shop", keyspace="default"), prune=True)
    with pytest.raises(ConflictError) as caught:
        sync(context, gone)
    assert caught.value.code == "CHANGED_MEANWHILE"
    assert [item["model"] for item in cli.document()["collections"]] == ["text-embedding-3-large"]


def test_the_drift_is_shown_before_the_question(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init()
    said: list[Any] = []

    def refuse(question: Question) -> None:
        said.append(question)
        raise CancelledError("no", code="CANCELLED")

    context = context_of(cli, monkeypatch, confirm=refuse, show=said.append)
    before = cli.everything()
    with pytest.raises(CancelledError):
        sync(context, request(collections(products=PRODUCTS), database="shop", keyspace="default"))
    shown, question = said
    assert [row.subject for row in shown.drift] == ["openai", "openai-prod", "shop/default/products"]
    assert question == Question("Record this drift (3 added)?", "default", Danger.MODERATE)
    assert cli.everything() == before


def test_many_differences_are_audited_and_shown_by_a_few(cli: Cli) -> None:
    cli.init()
    seen = {f"c{number:03}": a_vector(a_service(credential=f"key-{number:03}")) for number in range(150)}
    document = report(cli, collections(**seen), words=("--yes", *IN_SHOP))
    assert len(document["data"]["drift"]) == 301
    assert document["nextSteps"][5:] == [{"command": "vzctl credentials list", "comment": "145 more"}]
    details = json.loads(cli.ok("audit", "--limit", "1", "-o", "json").out)["data"]["changes"][0]["details"]
    assert (len(details), details[-1]) == (201, "and 101 more")


def test_a_status_never_seen_and_an_unknown_provider_are_recorded_as_problems(cli: Cli) -> None:
    cli.init()
    result = report(cli, [a_database_row(SHOP, "shop", status="DREAMING")])
    assert [item["code"] for item in result["data"]["problems"]] == ["STATUS_UNKNOWN"]
    document = report(
        cli,
        collections(odd=a_vector(a_service("acme", "m", "acme-key"))),
        words=("--yes", "--exit-code", *IN_SHOP),
    )
    assert document["code"] == "CHANGES"
    assert {item["code"] for item in document["data"]["problems"]} == {"SERVICE_UNKNOWN", "CREDENTIAL_MISSING"}
    assert [item["code"] for item in document["data"]["remarks"]] == ["PROVIDER_UNKNOWN"]


def test_a_local_state_keeps_no_endpoint_of_astra_and_says_so(cli: Cli) -> None:
    cli.init()
    document = report(cli, [a_database_row(SHOP, "shop"), a_database_row(LOGS, "logs")])
    assert [item["code"] for item in document["warnings"]] == ["DATABASES_OF_OTHER_PLANE"]
    assert all("endpoint" not in item for item in cli.document()["databases"])


@pytest.mark.parametrize("words", [("--yes",), ("--yes", "--prune")])
def test_on_local_a_database_that_astras_list_lacks_is_named_and_stays(cli: Cli, words: tuple[str, ...]) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    rows = [a_database_row(SHOP, "shop"), a_database_row(FRESH, "fresh")]
    report(cli, rows, words=words)
    before = cli.everything()
    document = report(cli, rows, words=(*words, "--exit-code"))
    assert (document["code"], document["data"]["drift"], cli.everything()) == ("OK", [], before)
    assert [(item["code"], item["subject"]) for item in document["data"]["remarks"]] == [
        ("DATABASE_NOT_IN_LIST", "logs")
    ]
    assert document["data"]["answers"][0]["covers"] == "these databases, not the absence of others"
    assert [item["code"] for item in document["warnings"]] == ["DATABASES_OF_OTHER_PLANE"]


def test_a_gone_database_is_listed_as_gone_not_counted_as_active_and_looked_at_first(cli: Cli) -> None:
    cli.init("astra").ok("databases", "add", "logs", "--id", LOGS)
    synced(cli, collections(plain=None), words=("--yes", "--database", "logs", "--keyspace", "default"))
    rows = [a_database_row(SHOP, "shop"), a_database_row(FRESH, "fresh")]
    assert ("databases", "gone", "mark gone", "logs") in drift(report(cli, rows))
    gone = {row[0]: row[-1] for row in cli.ok("databases", "list").rows}
    assert (gone["shop"], gone["fresh"], gone["logs"][:2]) == ("", "", "20")
    status = json.loads(cli.ok("status", "-o", "json").out)
    assert (status["data"]["counts"]["databases"], status["data"]["counts"]["active_databases"]) == (3, 2)
    assert [item["command"] for item in status["nextSteps"]] == ["vzctl databases show logs"]


def test_what_an_answer_does_not_carry_stays_as_it_is_recorded(cli: Cli) -> None:
    cli.init()
    synced(cli, collections(products=PRODUCTS), tables(t={"v": a_vector()}), words=("--yes", *IN_SHOP))
    before = cli.everything()
    bare = [{"status": {"collections": [{"name": "products"}]}}, {"status": {"tables": [{"name": "t"}]}}]
    document = report(cli, *bare, words=("--yes", "--prune", *IN_SHOP))
    assert (drift(document), cli.everything()) == ([], before)
    assert [(item["code"], item["subject"]) for item in document["data"]["remarks"]] == [
        ("OPTIONS_MISSING", "shop/default/products"),
        ("OPTIONS_MISSING", "shop/default/t"),
    ]


def test_standard_input_is_read_once(cli: Cli) -> None:
    cli.init()
    done = cli.run("sync", "--from", "-", "--yes", *IN_SHOP, stdin=as_bytes(collections(a=None)))
    assert done.status == 0
    assert cli.run("sync", "--from", "-", "-", "--yes", *IN_SHOP, stdin=b"[]").status == 2


@pytest.mark.parametrize("only", ["columns", "tables", "databases,columns"])
def test_only_some_groups(cli: Cli, only: str) -> None:
    cli.init()
    document = report(
        cli,
        collections(products=PRODUCTS),
        tables(t={"v": a_vector()}),
        words=("--yes", "--only", only, *IN_SHOP),
    )
    assert drift(document) == [("columns", "added", "add", "shop/default/t.v")]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_the_examples_are_answers(cli: Cli, path: Path) -> None:
    cli.init("astra")
    place = () if path.stem in ("databases", "embedding-providers") else IN_SHOP
    words = ("sync", "--from", str(path), "--other-organization", "--dry-run", *place)
    assert cli.run(*words).status == 0
