"""The thirteen rules, each by its number: what it forbids is refused by a command, and nothing changes."""

from __future__ import annotations

import pytest

from tests.support.cli import LOGS, SHOP, Cli

SMALL = ("--provider", "openai", "--model", "text-embedding-3-small")


def refused(cli: Cli, status: int, *words: str, stdin: str = "") -> str:
    """Run what must be refused; return the error, after a look that no byte of the state changed."""
    before = cli.everything()
    result = cli.run(*words, stdin=stdin)
    assert (result.status, result.out) == (status, ""), result.err
    assert cli.everything() == before
    return result.error


def test_rule_1_an_integration_with_credentials_cannot_be_removed(cli: Cli) -> None:
    cli.init().add()
    error = refused(cli, 4, "integrations", "remove", "openai", "--yes")
    assert error == "the OpenAI integration still has 1 credential: openai-prod"


def test_rule_1_a_credential_brings_its_integration_and_one_integration_holds_many(cli: Cli) -> None:
    cli.init().add("one", key="sk-1").add("two", key="sk-2")
    assert [item["provider"] for item in cli.document()["integrations"]] == ["openai"]
    assert cli.ok("integrations", "show", "openai").facts["credentials"] == "one,two"


def test_rule_2_a_hosted_provider_takes_no_integration(cli: Cli) -> None:
    error = refused(cli.init(), 4, "integrations", "add", "nvidia")
    assert error == "Nvidia is hosted by Astra: it is on without an integration, credential or scope"


def test_rule_2_a_hosted_provider_takes_no_credential_and_no_scope(cli: Cli) -> None:
    words = ("credentials", "add", "nvidia-prod", "--provider", "nvidia", "--scope", "shop", "--no-secret")
    assert refused(cli.init(), 4, *words) == "Nvidia is hosted by Astra: it takes no credential and no scope"


@pytest.mark.parametrize("way", [("--credential", "openai-prod"), ("--header",)])
def test_rule_2_a_collection_of_a_hosted_provider_takes_no_key(cli: Cli, way: tuple[str, ...]) -> None:
    words = ("collections", "add", "shop/default/x", "--provider", "nvidia", "--model", "NV-Embed-QA", *way)
    error = "the provider Nvidia is hosted by Astra: it takes no credential, no header and no scope"
    assert refused(cli.init().add(), 4, *words) == error


def test_rule_2_scope_errors_never_apply_to_a_hosted_provider(cli: Cli) -> None:
    cli.init().ok("collections", "add", "shop/default/x", "--provider", "nvidia", "--model", "NV-Embed-QA")
    assert cli.ok("state", "check", "--exit-code").facts["problems"] == ""


@pytest.mark.parametrize("status", ["PENDING", "INITIALIZING"])
def test_rule_3_a_database_enters_a_scope_before_it_is_active_and_holds_a_collection_only_then(
    cli: Cli, status: str
) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS, "--status", status)
    cli.add("openai-prod", "--scope", "logs")
    words = ("collections", "add", "logs/default/x", *SMALL, "--credential", "openai-prod")
    assert refused(cli, 4, *words) == f'the database "logs" is {status}; a collection needs it ACTIVE'
    column = ("tables", "attach", "logs/default/t.c", *SMALL, "--credential", "openai-prod")
    assert refused(cli, 4, *column) == f'the database "logs" is {status}; a table column needs it ACTIVE'
    cli.ok("databases", "edit", "logs", "--status", "ACTIVE")
    cli.ok(*words)


@pytest.mark.parametrize(
    "words", [("collections", "add", "logs/default/x"), ("tables", "attach", "logs/default/table.column")]
)
def test_rule_4_a_dependant_needs_its_database_in_the_scope(cli: Cli, words: tuple[str, ...]) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    cli.add()
    command = (*words, *SMALL, "--credential", "openai-prod")
    error = 'the database "logs" is not in the scope of the credential "openai-prod"'
    assert refused(cli, 4, *command) == error
    cli.ok("scope", "add", "openai-prod", "logs")
    cli.ok(*command)


@pytest.mark.parametrize(
    "service",
    [
        (*SMALL, "--credential", "other"),
        (*SMALL, "--header"),
        ("--provider", "voyageAI", "--model", "voyage-2", "--header"),
    ],
)
@pytest.mark.parametrize("if_exists", ["fail", "skip", "update"])
def test_rule_5_the_service_of_a_collection_never_changes(cli: Cli, service: tuple[str, ...], if_exists: str) -> None:
    cli.init().add().add("other", key="sk-other").collect()
    words = ("collections", "add", "shop/default/products", *service, "--if-exists", if_exists)
    error = (
        'the collection "shop/default/products" is locked to OpenAI with the credential "openai-prod" for life; '
        "make a new collection like it with the other credential, then copy the documents"
    )
    assert refused(cli, 4, *words) == error


def test_rule_6_a_column_is_attached_replaced_and_detached_and_keeps_its_vectors(cli: Cli) -> None:
    cli.init().add().add("other", key="sk-other")
    address = "shop/default/events.vector"
    cli.ok("tables", "attach", address, *SMALL, "--credential", "openai-prod")
    free = cli.ok("tables", "attach", address, *SMALL, "--credential", "other", "--replace")
    assert "warning" not in free.err  # the same model makes the same vectors: nothing to confirm, nothing to warn of
    assert free.facts["column.credential"] == "other"
    detached = cli.ok("tables", "detach", address, "--yes")
    assert detached.lines[6:10] == [
        "column.provider\t",
        "column.model\t",
        "column.dimension\t1536",
        "column.authentication\tnone",
    ]
    assert 'recorded: "shop/default/events.vector" has no service; its vectors stay' in detached.err


def test_rule_6_vectors_of_another_model_are_not_comparable_and_that_is_confirmed(cli: Cli) -> None:
    cli.init().add()
    address = "shop/default/events.vector"
    cli.ok("tables", "attach", address, *SMALL, "--credential", "openai-prod")
    words = ("tables", "attach", address, "--provider", "openai", "--model", "text-embedding-3-large", "--replace")
    command = (*words, "--credential", "openai-prod")
    error = refused(cli, 8, *command)
    assert error == f'replace the service of "{address}"? nobody can be asked (no terminal); give --yes'
    warning = (
        "warning: stored vectors were made by another service: they stay, but cannot be compared with new ones; "
        "embed the rows anew"
    )
    assert warning in cli.ok(*command, "--yes").err


def test_rule_7_a_removal_lists_every_dependant_and_wants_the_typed_name(cli: Cli) -> None:
    cli.init().add().collect().collect("shop/default/reviews")
    before = cli.everything()
    result = cli.run("credentials", "remove", "openai-prod", "--yes")
    assert (result.status, result.err) == (
        8,
        'error: remove the credential "openai-prod"? nobody can be asked (no terminal); give --confirm openai-prod\n'
        '  removes "openai-prod" (1 database in scope); 2 dependants would lose $vectorize:\n'
        '    collection shop/default/products (OpenAI with the credential "openai-prod")\n'
        '    collection shop/default/reviews (OpenAI with the credential "openai-prod")\n'
        "  next: vzctl credentials remove openai-prod --yes --confirm openai-prod\n    # when this is what you want\n",
    )
    assert cli.everything() == before
    assert refused(cli, 2, "credentials", "remove", "openai-prod", "--confirm", "openai") == (
        '--confirm does not match: this asks for "openai-prod"'
    )
    removed = cli.ok("credentials", "remove", "openai-prod", "--confirm", "openai-prod")
    assert removed.facts["dependants.1.address"] == "shop/default/reviews"
    assert "warning: a Data API that cached the key may keep using it" in removed.err


def test_rule_7_without_dependants_a_yes_is_enough(cli: Cli) -> None:
    cli.init().add()
    assert "warning" not in cli.ok("credentials", "remove", "openai-prod", "--yes").err


@pytest.mark.parametrize(
    "words", [("remove", "openai-prod", "shop"), ("set", "openai-prod", "logs"), ("set", "openai-prod", "--none")]
)
def test_rule_8_a_database_with_dependants_leaves_a_scope_only_by_force(cli: Cli, words: tuple[str, ...]) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    cli.add().collect()
    before = cli.everything()
    result = cli.run("scope", *words, "--yes")
    assert (result.status, result.err, cli.everything()) == (
        4,
        'error: 1 dependant of "openai-prod" would lose vectorize: shop/default/products\n'
        "  next: vzctl scope remove openai-prod shop --force\n    # take them out of service on purpose\n",
        before,
    )
    forced = cli.ok("scope", *words, "--force", "--yes")
    assert forced.facts["affected.0.address"] == "shop/default/products"
    checked = cli.run("state", "check")
    assert (checked.status, checked.facts["problems.0.code"]) == (20, "OUT_OF_SCOPE")


@pytest.mark.parametrize("command", ["remove", "rotate"])
def test_rule_9_the_old_key_stays_on_the_list_until_it_is_revoked_at_the_provider(cli: Cli, command: str) -> None:
    cli.init().add()
    if command == "remove":
        cli.ok("credentials", "remove", "openai-prod", "--yes")
    else:
        assert cli.rotate().status == 0
    rows = cli.ok("revocations", "list").rows
    reason = "removed" if command == "remove" else "rotated"
    assert [row[1:4] for row in rows] == [["openai-prod", "openai", reason]]
    assert "nobody can be asked" in refused(cli, 8, "revocations", "done", "openai-prod")
    cli.ok("revocations", "done", "openai-prod", "--yes")
    assert cli.ok("revocations", "list").out == ""


def test_rule_10_a_rotation_keeps_name_provider_scope_and_dependants(cli: Cli) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    cli.add("OpenAI.prod_1", "--scope", "shop", "--scope", "logs", "--note", "team").collect(credential="OpenAI.prod_1")

    def lasting() -> list[str]:
        return [
            line
            for line in cli.ok("credentials", "show", "OpenAI.prod_1").lines
            if not line.startswith(("versions", "credential.fingerprint", "key_set_at"))
        ]

    before = lasting()
    assert cli.rotate("OpenAI.prod_1").status == 0
    assert lasting() == before


def test_rule_11_times_of_changes_are_kept_for_the_diagnosis_that_says_wait(cli: Cli) -> None:
    """`diagnose` comes with a later version; what it needs is on record: when a scope and a key last changed."""
    cli.init().add()
    facts = cli.ok("credentials", "show", "openai-prod").facts
    assert all(facts[key].endswith("Z") for key in ("scope.0.added_at", "created_at", "key_set_at"))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ("--provider", "openai", "--model", "gpt-4"),
            'there is no model "gpt-4"; OpenAI offers "text-embedding-3-large", "text-embedding-3-small" and '
            '"text-embedding-ada-002"',
        ),
        (
            ("--provider", "openai", "--model", "text-embedding-3-small", "--dimension", "1537"),
            'the model "text-embedding-3-small" of OpenAI makes 2 to 1536 dimensions, not 1537',
        ),
        (
            ("--provider", "azureOpenAI", "--model", "text-embedding-3-small", "--parameter", "deploymentId=d"),
            'the parameter "resourceName" is missing; Azure OpenAI needs "resourceName" and "deploymentId"',
        ),
        (
            ("--provider", "openai", "--model", "text-embedding-3-small", "--parameter", "organisationId=o"),
            'there is no parameter "organisationId": the model "text-embedding-3-small" of OpenAI takes "organizationId" '
            'and "projectId"; did you mean "organizationId"?',
        ),
        (
            ("--provider", "jinaAI", "--model", "jina-embeddings-v3", "--parameter", "late_chunking=maybe"),
            'the parameter "late_chunking" of Jina AI is "maybe"; allowed: "true" and "false"',
        ),
    ],
)
def test_rule_12_models_dimensions_and_parameters_are_named_with_what_is_allowed(
    cli: Cli, words: tuple[str, ...], error: str
) -> None:
    assert refused(cli.init(), 2, "collections", "add", "shop/default/x", *words, "--header") == error


def test_rule_13_is_said_where_it_matters(cli: Cli) -> None:
    charges = "warning: OpenAI may charge your account there for embeddings"
    result = cli.init().run("integrations", "add", "openai")
    assert [line for line in result.err.splitlines() if line.startswith("warning")] == [charges]
    cli.ok("init", "--control-plane", "astra", "--profile", "astra")
    result = cli.run("integrations", "add", "openai", "--profile", "astra")
    assert [line for line in result.err.splitlines() if line.startswith("warning")] == [
        "warning: enabling an embedding provider integration also enables the Unstructured data loader integration",
        charges,
    ]
    external, hosted = (cli.ok("providers", "show", name).facts["notes"] for name in ("openai", "nvidia"))
    assert "vectorize makes no embeddings of images" in external
    assert "vectorize makes no embeddings of images" in hosted
    assert "embeddings may be charged to your account there" in external
    assert "charged" not in hosted


def test_rules_guard_changes_and_not_the_reading_of_what_breaks_them(cli: Cli) -> None:
    cli.init().add().collect()
    text = cli.state.read_text(encoding="utf-8")
    scope_entry = text[text.index("scope = [") :].partition("]\n")[0]
    assert SHOP in scope_entry
    cli.state.write_text(text.replace(f"{scope_entry}]\n", ""), encoding="utf-8")
    checked = cli.run("state", "check", "--exit-code")
    assert (checked.status, checked.facts["problems.0.message"]) == (
        20,
        'the collection "shop/default/products" uses "openai-prod", whose scope lacks the database "shop"',
    )
    assert cli.ok("scope", "add", "openai-prod", "shop").status == 0
    assert cli.run("state", "check", "--exit-code").status == 0
