"""`credentials verify`: what is tested, how often, and what the exit status says."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli, Result, installed_command
from tests.support.standin.providers import Providers
from tests.support.standin.server import StandIn
from vzctl.errors import ExitStatus

KEY = "sk-proj-Zq9fXw3Lm7Kp2Vr8"
OPENAI = ("--provider", "openai", "--model", "text-embedding-3-small", "--dimension")


@pytest.fixture
def providers(stand_in: StandIn) -> Providers:
    return Providers(stand_in)


@pytest.fixture
def live(cli: Cli, providers: Providers) -> Cli:
    """A user with a state, one key, and addresses that lead to the stand-in."""
    cli.configure(cli.configuration + providers.configuration)
    cli.init()
    return cli.add("openai-prod", key=KEY)


def rows(result: Result) -> list[dict[str, Any]]:
    document = json.loads(result.out)
    tests: list[dict[str, Any]] = document["data"]["tests"]
    return tests


def verify(cli: Cli, *words: str) -> Result:
    return cli.run("credentials", "verify", *words, "-o", "json")


def test_a_key_that_works(live: Cli, providers: Providers) -> None:
    providers.add("openai", KEY)
    before = live.everything()
    result = live.run("credentials", "verify", "openai-prod")
    assert result.status == 0
    assert result.rows == [["openai-prod", "openai", "text-embedding-3-small", "1536", "2", "ok", "", ""]]
    assert result.err == "made 1 test: 1 ok\n"
    assert live.everything() == before


def test_a_key_that_the_provider_does_not_know(live: Cli) -> None:
    result = live.run("credentials", "verify", "openai-prod")
    assert result.status == ExitStatus.PROVIDER
    assert result.rows[0][5:7] == ["invalid_key", "provider"]
    assert '"openai-prod": the key is invalid: the provider does not know it, or no longer' in result.err
    assert "next: vzctl credentials rotate openai-prod\n  # give it a new key" in result.err
    assert "Zq9fXw" not in result.out + result.err


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "HTTPS_PROXY"])
def test_a_mistake_in_the_environment_is_not_the_providers_fault(variable: str, live: Cli, stand_in: StandIn) -> None:
    live.environment[variable] = "ftp://me:hunter2@nowhere"
    result = live.run("credentials", "verify", "openai-prod")
    assert (result.status, result.out, stand_in.asked) == (ExitStatus.USAGE, "", [])
    assert variable in result.error
    assert "hunter2" not in result.err
    assert "next: vzctl help environment" in result.err


def test_every_service_of_the_dependants_is_tested_once(live: Cli, providers: Providers, stand_in: StandIn) -> None:
    providers.add("openai", KEY)
    for name, dimension in (("a", "256"), ("b", "256"), ("c", "512")):
        live.ok("collections", "add", f"shop/default/{name}", *OPENAI, dimension, "--credential", "openai-prod")
    found = rows(verify(live, "openai-prod"))
    assert [(row["dimension"], row["vector_length"], row["dependants"]) for row in found] == [
        (256, 256, ["shop/default/a", "shop/default/b"]),
        (512, 512, ["shop/default/c"]),
    ]
    assert sorted(asked.body["dimensions"] for asked in stand_in.asked) == [256, 512]


def test_another_length_than_the_collection_declares_is_astras_side(live: Cli, providers: Providers) -> None:
    providers.add("openai", KEY, length=12)
    live.ok("collections", "add", "shop/default/a", *OPENAI, "256", "--credential", "openai-prod")
    result = verify(live, "openai-prod")
    (row,) = rows(result)
    assert (result.status, row["verdict"], row["side"]) == (ExitStatus.ASTRA, "wrong_dimension", "astra")
    assert (row["vector_length"], row["detail"]) == (12, "12 dimensions instead of 256")


def test_the_providers_side_wins_when_both_are_at_fault(live: Cli, providers: Providers) -> None:
    providers.add("openai", KEY, length=12)
    live.add("mistral-prod", key="mistral-first", provider="mistral")
    assert verify(live, "--all").status == ExitStatus.PROVIDER


def test_the_same_key_under_two_names_is_asked_once(live: Cli, providers: Providers, stand_in: StandIn) -> None:
    providers.add("openai", KEY)
    live.add("openai-twin", key=KEY)
    found = rows(verify(live, "--all"))
    assert [(row["credential"], row["verdict"]) for row in found] == [("openai-prod", "ok"), ("openai-twin", "ok")]
    assert len(stand_in.asked) == 1


def test_keys_that_are_not_held_are_named_and_not_a_failure_of_all(live: Cli, providers: Providers) -> None:
    providers.add("openai", KEY)
    live.ok("credentials", "add", "elsewhere", "--provider", "jinaAI", "--no-secret")
    result = live.run("credentials", "verify", "--all")
    assert result.status == 0
    assert [row[5] for row in result.rows] == ["ok", "not_held"]
    assert "warning: not held here, so not tested: elsewhere" in result.err
    assert "next: vzctl secrets put elsewhere" in result.err


def test_a_named_key_that_is_not_held_is_an_error_before_anything_is_sent(live: Cli, stand_in: StandIn) -> None:
    live.ok("credentials", "add", "elsewhere", "--provider", "jinaAI", "--no-secret")
    result = live.run("credentials", "verify", "openai-prod", "elsewhere")
    assert (result.status, result.error) == (ExitStatus.SECRET_STORE, 'the secret of "elsewhere" is not held here')
    assert stand_in.asked == []


def test_voyage_is_asked_one_at_a_time(live: Cli, providers: Providers, stand_in: StandIn) -> None:
    for number in range(4):
        key = providers.add("voyageAI", f"pa-{number:043d}")
        live.add(f"voyage-{number}", key=key, provider="voyageAI")
    stand_in.fail(times=None, path="/voyageAI", latency=0.05)
    found = rows(verify(live, "voyage-0", "voyage-1", "voyage-2", "voyage-3", "--jobs", "8"))
    assert [row["verdict"] for row in found] == ["ok"] * 4
    assert stand_in.most_at_once == 1


def test_no_more_than_jobs_are_under_way(live: Cli, providers: Providers, stand_in: StandIn) -> None:
    names = [f"mistral-{number}" for number in range(6)]
    for name in names:
        live.add(name, key=providers.add("mistral", f"key-{name}"), provider="mistral")
    stand_in.fail(times=None, latency=0.05)
    assert [row["verdict"] for row in rows(verify(live, *names, "--jobs", "2"))] == ["ok"] * 6
    assert stand_in.most_at_once == 2


def test_a_service_without_its_parameters_is_not_sent(live: Cli, stand_in: StandIn) -> None:
    live.add("azure-prod", key="0" * 32, provider="azureOpenAI")
    result = verify(live, "azure-prod")
    (row,) = rows(result)
    assert (result.status, row["verdict"], row["level"]) == (0, "not_checked", 0)
    assert row["detail"].startswith('the parameter "resourceName" is missing')
    assert stand_in.asked == []


def test_a_service_can_be_given(live: Cli, providers: Providers) -> None:
    live.add("azure-prod", key=providers.add("azureOpenAI", "0" * 32), provider="azureOpenAI")
    given = ("--parameter", "resourceName=acme", "--parameter", "deploymentId=small", "--dimension", "64")
    (row,) = rows(verify(live, "azure-prod", *given))
    assert (row["verdict"], row["vector_length"]) == ("ok", 64)


def test_a_crafted_parameter_in_the_state_sends_nothing(live: Cli, stand_in: StandIn) -> None:
    live.add("azure-prod", key="0" * 32, provider="azureOpenAI")
    live.ok(
        *("collections", "add", "shop/default/a", "--provider", "azureOpenAI", "--model", "text-embedding-3-small"),
        *("--credential", "azure-prod", "--parameter", "resourceName=acme", "--parameter", "deploymentId=small"),
    )
    text = live.state.read_text(encoding="utf-8")
    live.state.write_text(text.replace('"acme"', '"evil.example.com/"'), encoding="utf-8")
    for level in ("1", "2"):
        result = verify(live, "azure-prod", "--level", level)
        (row,) = rows(result)
        assert (result.status, row["verdict"], row["level"]) == (
            (ExitStatus.ASTRA, "bad_request", 0) if level == "2" else (result.status, row["verdict"], row["level"])
        )
    assert {asked.path for asked in stand_in.asked} <= {"/azureOpenAI/openai/models"}


def test_a_column_of_an_unrecorded_dimension(live: Cli, providers: Providers, stand_in: StandIn) -> None:
    providers.add("openai", KEY)
    live.ok("collections", "add", "shop/default/a", *OPENAI, "256", "--credential", "openai-prod")
    text = live.state.read_text(encoding="utf-8")
    live.state.write_text(text.replace("dimension = 256\n", ""), encoding="utf-8")
    result = verify(live, "openai-prod")
    (row,) = rows(result)
    assert (result.status, row["verdict"], row["dimension"]) == (0, "ok", None)
    assert row["notes"] == ["no dimension is recorded, so the vector's length was not compared"]


def test_a_provider_that_the_catalogue_does_not_know(live: Cli, stand_in: StandIn) -> None:
    text = live.state.read_text(encoding="utf-8")
    live.state.write_text(text.replace('provider = "openai"', 'provider = "acme"'), encoding="utf-8")
    (row,) = rows(verify(live, "openai-prod"))
    assert (row["verdict"], row["detail"]) == ("not_checked", "the provider is not in the catalogue")
    assert stand_in.asked == []


def test_a_model_that_the_catalogue_does_not_know(live: Cli, stand_in: StandIn) -> None:
    live.ok("collections", "add", "shop/default/a", *OPENAI, "256", "--credential", "openai-prod")
    text = live.state.read_text(encoding="utf-8")
    live.state.write_text(text.replace('"text-embedding-3-small"', '"text-embedding-9"'), encoding="utf-8")
    (row,) = rows(verify(live, "openai-prod"))
    assert (row["verdict"], row["detail"]) == ("bad_request", "the model is not in the catalogue")
    assert stand_in.asked == []


def test_a_dedicated_endpoint_is_asked_when_that_is_wanted(live: Cli, providers: Providers, stand_in: StandIn) -> None:
    live.add("hf-own", key=providers.add("huggingfaceDedicated", f"hf_{'a' * 34}"), provider="huggingfaceDedicated")
    given = [f"{name}=x" for name in ("endpointName", "regionName", "cloudName")]
    words = [*(word for item in given for word in ("--parameter", item)), "--dimension", "384"]
    (row,) = rows(verify(live, "hf-own", *words))
    assert (row["verdict"], row["level"]) == ("recognized", 1)
    (row,) = rows(verify(live, "hf-own", *words, "--wake"))
    assert (row["verdict"], row["level"]) == ("ok", 2)
    assert stand_in.paths() == ["/huggingfaceDedicated/api/whoami-v2", "/huggingfaceDedicated/embeddings"]


def test_nothing_there(cli: Cli) -> None:
    cli.init()
    result = cli.run("credentials", "verify", "--all")
    assert (result.status, result.err) == (0, "there is no key to test\n")


@pytest.mark.parametrize(
    "words", [(), ("openai-prod", "--all"), ("openai-prod", "--jobs", "65"), ("openai-prod", "--level", "0")], ids=str
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], live: Cli, stand_in: StandIn) -> None:
    assert live.run("credentials", "verify", *words).status == ExitStatus.USAGE
    assert stand_in.asked == []


def test_an_address_of_no_provider_is_refused(cli: Cli) -> None:
    cli.init()
    cli.configure(cli.configuration + '[providers.opnai]\nbase_url = "https://proxy.example.com"\n')
    result = cli.run("credentials", "verify", "--all")
    assert result.status == ExitStatus.USAGE
    assert "'providers.opnai.base_url' names no provider of vzctl" in result.err


def test_requests_are_named_at_v_and_keys_are_not(live: Cli, providers: Providers) -> None:
    providers.add("openai", KEY)
    result = live.run("credentials", "verify", "openai-prod", "-v")
    assert f"POST {providers.urls['openai']}/embeddings: HTTP 200 after " in result.err
    assert "Zq9fXw" not in result.err


def test_an_interrupt_ends_at_once_and_leaves_the_state_alone(
    live: Cli, providers: Providers, stand_in: StandIn
) -> None:
    providers.add("openai", KEY)
    stand_in.fail(times=None, hang=True)
    before = live.everything()
    with subprocess.Popen(
        [*installed_command(), "credentials", "verify", "openai-prod", "-o", "json"],
        env=live.process_environment(),
        cwd=live.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not stand_in.asked and process.poll() is None:
            pass
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == ExitStatus.INTERRUPTED
    assert json.loads(out)["code"] == "INTERRUPTED"
    assert live.everything() == before


def test_progress_is_told_to_a_person_only(live: Cli, providers: Providers, tmp_path: Path) -> None:
    names = [f"mistral-{number}" for number in range(21)]
    batch = "".join(
        json.dumps({"name": name, "provider": "mistral", "secret_env": f"KEY_{number}"}) + "\n"
        for number, name in enumerate(names)
    )
    (live.folder / "batch.jsonl").write_text(batch, encoding="utf-8")
    keys = {f"KEY_{number}": providers.add("mistral", f"key-of-{name}") for number, name in enumerate(names)}
    assert live.run("credentials", "add", "--from", "batch.jsonl", env=keys).status == 0
    result = live.run("credentials", "verify", *names)
    assert (result.status, result.err) == (0, "made 21 tests: 21 ok\n")


def test_only_a_person_is_told_how_far_it_is(live: Cli, providers: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal a long run says how many tests are done; a script gets the result alone."""
    from vzctl.usecases.credentials import verify

    monkeypatch.setattr(verify, "PROGRESS_FROM", 1)
    providers.add("openai", KEY)
    result = live.run("credentials", "verify", "openai-prod")
    assert "of 1 tests" not in result.err


def test_a_key_that_is_not_the_recorded_one_stops_all(live: Cli, providers: Providers) -> None:
    text = live.state.read_text(encoding="utf-8")
    start = text.index('fingerprint = "hm:')
    changed = text[:start] + 'fingerprint = "hm:0000000000000000"' + text[text.index("\n", start) :]
    live.state.write_text(changed, encoding="utf-8")
    result = live.run("credentials", "verify", "--all")
    assert (result.status, "holds another key" in result.err) == (ExitStatus.SECRET_STORE, True)


def test_a_provider_that_is_down_may_be_tried_again(live: Cli, providers: Providers) -> None:
    providers.add("openai", KEY, trouble="down")
    result = live.run("credentials", "verify", "openai-prod")
    assert "next: vzctl credentials verify openai-prod\n  # try again in a while" in result.err
