"""The knowledge of providers, the Portal and hosts: a new provider is one file, and bad data is refused by its place."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from tools.knowledge import GENERATED, SOURCE, KnowledgeError, knowledge_text
from tools.knowledge_portal import PORTAL_FACTS, Steps
from tools.knowledge_providers import Parameter, Way
from tools.knowledge_providers import Provider as ProviderEntry
from vzctl.domain import portal
from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.catalog.provider import Hosting, ParameterKind, Shape
from vzctl.domain.state.records import Authentication
from vzctl.knowledge.loader import section

TOP: Final = Path(__file__).resolve().parents[2]
ACME: Final = """
display_name = "Acme Vectors"
short_names = ["acme"]
credential_label = "Access key"
test_model = "acme-large"
console = "console.acme.example > Keys"
revocation_instructions = "delete the old key"
notes = ["a note"]
customer_hosts = ["vectors.acme.example"]
libraries = ["acmesdk"]
key_formats = [{ prefix = "acme_" }]

[key_hint]
pattern = "acme_[a-z]{8}"
expected = 'begin with "acme_"'

[[parameters]]
name = "tenant"
required = true
shape = "host label"
help = "Your tenant"

[[parameters]]
name = "shorten"
kind = "boolean"
default = "true"
help = "Whether long texts are cut"

[[models]]
name = "acme-large"
dimension = { minimum = 8, maximum = 64, default = 32 }

[[models]]
name = "acme-small"
dimension = 16

[wire]
base_url = "https://{tenant}.vectors.acme.example/v3"
tenant_domain = "vectors.acme.example"
key_header = "X-Acme-Key"
key_prefix = ""
check_path = "/me"
embed_path = "/embed"
embed_body = { texts = ["hi"], engine = "{model}" }
dimension_field = "length"
body_parameters = { shorten = "cut" }

[recognized_by]
names = ["acme"]
sentences = ["the vectors are cut"]

[[refusals]]
statuses = [418]
words = ["teapot"]
cause = "endpoint_paused"
"""
ASK: Final = """
import json, sys
from pathlib import Path
import vzctl.knowledge.loader as loader
loader.GENERATED = Path(sys.argv.pop(1))
"""
FACTS: Final = """
from dataclasses import asdict
from tools.generate import _vocabularies
from vzctl.clients.provider_wire import WIRES, Wanted
from vzctl.clients.trusted_hosts import TrustedHosts
from vzctl.domain import portal
from vzctl.domain.catalog.catalog import check_service, find_provider
from vzctl.domain.diagnosis.engine import judge_response
from vzctl.domain.diagnosis.hosts import library_owner, owner
from vzctl.domain.diagnosis.speakers import speaker
from vzctl.domain.masking.redaction import without_secrets
from vzctl.errors import VzctlError
from vzctl.secret import Secret

acme = find_provider("ACME")
service = check_service(acme, "acme-large", None, {"tenant": "shop", "shorten": "false"})
refused = []
for model, dimension in (("acme-big", None), ("acme-large", 65), ("acme-small", 15)):
    try:
        check_service(acme, model, dimension, {"tenant": "shop"})
    except VzctlError as fault:
        refused.append(fault.message)
wire = WIRES["acme"]
wanted = Wanted(model=service.model, dimension=service.dimension, parameters=service.parameters)
header = wire.header(Secret("acme_abcdefgh"))
print(json.dumps({
    "found": [find_provider("Acme Vectors").id, find_provider("acme").id],
    "service": asdict(service),
    "refused": refused,
    "wire": [wire.base(wanted), wire.check("", wanted).url, wire.embed("", wanted).url, wire.embed("", wanted).body],
    "header": [header.name, header.prefix],
    "refusal": [judge_response("acme", 418, text).rule for text in ("I am a teapot", "I am not")],
    "trusted": [TrustedHosts().trusts(url) for url in (wire.base(wanted), "https://vectors.acme.example.evil.example")],
    "owner": owner("shop.vectors.acme.example"),
    "library": library_owner("acmesdk/client.py"),
    "speaker": [speaker(text, None, names_other=False) for text in ("error: the vectors are cut", "acme is down")],
    "masked": without_secrets("the key acme_Kq3Z9x is refused"),
    "key": acme.key_hint.looks_right("acme_abcdefgh"),
    "portal": portal.add_credential(acme, "key").title,
    "completion": [pair for kind in ("provider", "model") for pair in _vocabularies()[kind] if "cme" in pair[0]],
}))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the knowledge."""
    shutil.copytree(SOURCE, tmp_path / "knowledge", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path / "knowledge"


def run(folder: Path, code: str, *words: str) -> Any:
    """Generate, run the code with what was generated, and return the JSON that it prints."""
    generated = folder / GENERATED
    generated.write_text(knowledge_text(folder), encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, "-c", ASK + code, str(generated), *words], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    return json.loads(answer.stdout)


def vzctl(folder: Path, *words: str) -> Any:
    return run(folder, "from vzctl.__main__ import main\nsys.argv[0] = 'vzctl'\nmain()", *words, "-o", "json")


@pytest.mark.slow
def test_a_file_adds_a_provider(folder: Path) -> None:
    before = vzctl(folder, "providers", "list")["data"]["providers"]
    (folder / "providers" / "acme.toml").write_text(ACME, encoding="utf-8")
    row = {
        "id": "acme",
        "display_name": "Acme Vectors",
        "hosting": "external",
        "authentication": ["credential", "header"],
        "model_count": 2,
    }
    assert vzctl(folder, "providers", "list")["data"]["providers"] == [row, *before]
    shown = vzctl(folder, "providers", "show", "acme")["data"]
    assert (shown["id"], [model["name"] for model in shown["models"]]) == ("acme", ["acme-large", "acme-small"])


def test_whatever_reads_providers_knows_the_new_one(folder: Path) -> None:
    (folder / "providers" / "acme.toml").write_text(ACME, encoding="utf-8")
    assert run(folder, FACTS) == {
        "found": ["acme", "acme"],
        "service": {
            "provider": "acme",
            "model": "acme-large",
            "dimension": 32,
            "parameters": {"tenant": "shop", "shorten": False},
        },
        "refused": [
            'there is no model "acme-big"; Acme Vectors offers "acme-large" and "acme-small"; did you mean "acme-large"?',
            'the model "acme-large" of Acme Vectors makes 8 to 64 dimensions, not 65',
            'the model "acme-small" of Acme Vectors always makes 16 dimensions, not 15',
        ],
        "wire": [
            "https://shop.vectors.acme.example/v3",
            "/me",
            "/embed",
            {"texts": ["hi"], "engine": "acme-large", "length": 32, "cut": False},
        ],
        "header": ["X-Acme-Key", ""],
        "refusal": ["provider.refusal-acme-1", "code.EMBEDDING_PROVIDER_CLIENT_ERROR"],
        "trusted": [True, False],
        "owner": ["named", "acme"],
        "library": "provider",
        "speaker": [["acme", True], ["acme", False]],
        "masked": "the key **** is refused",
        "key": True,
        "portal": 'add the Access key "key"',
        "completion": [["acme", "Acme Vectors"], ["acme-large", "acme"], ["acme-small", "acme"]],
    }


def test_an_entry_adds_a_model(folder: Path) -> None:
    file = folder / "providers" / "mistral.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("[wire]", '[[models]]\nname = "mistral-next"\ndimension = 7\n\n[wire]'), encoding="utf-8"
    )
    shown = vzctl(folder, "providers", "show", "mistral")["data"]
    assert [model["name"] for model in shown["models"]] == ["mistral-embed", "mistral-next"]


@pytest.mark.sampled(5)
@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        (
            "providers/mistral",
            "console = ",
            "consol = ",
            "providers: mistral.toml: consol: Extra inputs are not permitted",
        ),
        (
            "providers/mistral",
            'display_name = "Mistral AI"',
            "",
            "providers: mistral.toml: display_name: Field required",
        ),
        (
            "providers/openai",
            "maximum = 1536, default = 1536",
            "maximum = 1536, default = 1537",
            "providers: openai.toml: models.text-embedding-3-small.dimension: the default 1537 is not within 2 to 1536",
        ),
        (
            "providers/openai",
            "minimum = 2, maximum = 1536",
            "minimum = 2000, maximum = 1536",
            (
                "providers: openai.toml: models.text-embedding-3-small.dimension: the minimum 2000 is more than the maximum "
                "1536"
            ),
        ),
        (
            "providers/openai",
            "dimension = 1536",
            'dimension = "1536"',
            "providers: openai.toml: models.text-embedding-ada-002.dimension: Input should be a valid dictionary or instance",
        ),
        (
            "providers/jinaAI",
            'default = "text-matching"',
            'default = "text"',
            (
                'providers: jinaAI.toml: models.jina-embeddings-v3.parameters.task: the default "text" is none of '
                "retrieval.passage, retrieval.query, separation, classification, text-matching"
            ),
        ),
        (
            "providers/voyageAI",
            'default = "true"',
            'default = "yes"',
            'providers: voyageAI.toml: parameters.autoTruncate: the default "yes" is none of true, false',
        ),
        (
            "providers/azureOpenAI",
            'shape = "host label"',
            'shape = "text"',
            'providers: azureOpenAI.toml: wire: {resourceName} is no required parameter with the shape "host label"',
        ),
        (
            "providers/azureOpenAI",
            'tenant_domain = "openai.azure.com"',
            'tenant_domain = "azure.com"',
            'providers: azureOpenAI.toml: wire: tenant_domain "azure.com" is not what follows one parameter in base_url',
        ),
        (
            "providers/openai",
            'base_url = "https://',
            'base_url = "http://',
            "providers: openai.toml: wire.base_url: must be https://HOST or https://HOST/PATH",
        ),
        (
            "providers/jinaAI",
            'task = "task", ',
            'tasks = "task", ',
            'providers: jinaAI.toml: wire: "tasks" is no parameter',
        ),
        (
            "providers/jinaAI",
            'test_model = "jina-embeddings-v3"',
            'test_model = "jina-embeddings-v4"',
            'providers: jinaAI.toml: test_model "jina-embeddings-v4" is none of the models',
        ),
        (
            "providers/jinaAI",
            'name = "jina-embeddings-v2-base-de"',
            'name = "jina-embeddings-v2-base-en"',
            'providers: jinaAI.toml: the model "jina-embeddings-v2-base-en" is there twice',
        ),
        (
            "providers/nvidia",
            'authentication = ["none"]',
            'authentication = ["credential"]',
            "providers: nvidia.toml: external providers take a credential, and those that Astra hosts take none",
        ),
        (
            "providers/upstageAI",
            "pattern = ",
            'pattern = "(" # ',
            "providers: upstageAI.toml: key_hint.pattern: is no regular expression: missing ), unterminated subpattern",
        ),
        (
            "providers/cohere",
            'display_name = "Cohere"',
            'display_name = "Jina"',
            'providers: jinaAI.toml: the name "jina" is also in cohere.toml',
        ),
        (
            "providers/cohere",
            '"api.cohere.ai"',
            '"api.mistral.ai"',
            'providers: mistral.toml: the host "api.mistral.ai" is also in cohere.toml',
        ),
        (
            "providers/openai",
            'cause = "network_blocked"',
            'cause = "blocked"',
            "providers: openai.toml: refusals.1.cause: causes.toml has no [provider.blocked]",
        ),
        ("portal", "{add_key}", "{add_keys}", "portal: steps.add_credential: {add_keys} is neither a word nor a fact"),
        (
            "portal",
            "group_size = 10",
            "group_size = 0",
            "portal: group_size: Input should be greater than or equal to 1",
        ),
        ("hosts", "11434", "114340", "hosts: local.provider_ports.0: Input should be less than or equal to 65535"),
        (
            "hosts",
            'devops_url = "https://api.dev',
            'devops = "',
            "hosts: astra.environments.dev.devops_url: Field required",
        ),
    ],
)
def test_bad_data_is_refused_by_file_and_entry(folder: Path, file: str, old: str, new: str, fault: str) -> None:
    path = folder / f"{file}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError) as raised:
        knowledge_text(folder)
    assert str(raised.value).splitlines()[0][: len(fault)] == fault


def test_the_check_knows_the_words_of_the_code() -> None:
    assert set(get_args(Way)) == {way.value for way in Authentication}
    assert set(get_args(ProviderEntry.model_fields["hosting"].annotation)) == {each.value for each in Hosting}
    assert set(get_args(Parameter.model_fields["kind"].annotation)) == {kind.value for kind in ParameterKind}
    assert set(get_args(Parameter.model_fields["shape"].annotation)) == {shape.value for shape in Shape}


def test_a_step_may_use_every_fact_that_the_check_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        step: {"title": " ".join(f"{{{fact}}}" for fact in sorted(facts)), "lines": ["-"]}
        for step, facts in PORTAL_FACTS.items()
    }
    known = {**section("portal"), "steps": texts}
    monkeypatch.setattr("vzctl.domain.portal.section", lambda _: known)
    openai = find_provider("openai")
    made = [
        portal.add_integration(openai),
        portal.remove_integration(openai),
        portal.add_credential(openai, "name"),
        portal.remove_credential(openai, "name"),
        portal.add_to_scope(openai, "name", ["a"]),
        portal.remove_from_scope(openai, "name", ["a"]),
        portal.revoke_at_provider(openai, "reason"),
    ]
    assert len(made) == len(PORTAL_FACTS) == len(Steps.model_fields)
    assert not [step.title for step in made if "{" in step.title]
