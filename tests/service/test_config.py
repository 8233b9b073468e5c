"""`serve config`: settings in the forms that a real Data API understood, and the token only where it is written."""

from __future__ import annotations

import configparser
import json
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cli import Cli
from tests.support.effort import examples
from tests.support.service import make_token
from vzctl.errors import UsageError
from vzctl.usecases.serve.data_api_settings import FORMATS, DataApiSettings, config_files

PROPERTIES = """\
# The Data API of the database "shop", which asks vzctl for its keys. Freshness: immediate.
# Start it with QUARKUS_CONFIG_LOCATIONS=/path/to/data-api.properties
stargate.jsonapi.operations.vectorize-enabled=true
stargate.jsonapi.embedding.providers.openai.supported-authentications.SHARED_SECRET.enabled=true
stargate.jsonapi.embedding.providers.mistral.supported-authentications.SHARED_SECRET.enabled=true
stargate.jsonapi.embedding.providers.azureOpenAI.supported-authentications.SHARED_SECRET.enabled=true
stargate.jsonapi.embedding.providers.huggingface.supported-authentications.SHARED_SECRET.enabled=true
stargate.jsonapi.embedding.providers.huggingfaceDedicated.supported-authentications.SHARED_SECRET.enabled=true
quarkus.rest-client.credentials.url=http://127.0.0.1:8084/v1
{token}quarkus.cache.enabled=false
"""
TOKEN_LINE = "quarkus.rest-client.credentials.headers.X-Vzctl-Token={}\n"
VARIABLES = {
    "STARGATE_JSONAPI_OPERATIONS_VECTORIZE_ENABLED": "true",
    "STARGATE_JSONAPI_EMBEDDING_PROVIDERS_OPENAI_SUPPORTED_AUTHENTICATIONS_SHARED_SECRET_ENABLED": "true",
    "STARGATE_JSONAPI_EMBEDDING_PROVIDERS_MISTRAL_SUPPORTED_AUTHENTICATIONS_SHARED_SECRET_ENABLED": "true",
    "STARGATE_JSONAPI_EMBEDDING_PROVIDERS_AZUREOPENAI_SUPPORTED_AUTHENTICATIONS_SHARED_SECRET_ENABLED": "true",
    "STARGATE_JSONAPI_EMBEDDING_PROVIDERS_HUGGINGFACE_SUPPORTED_AUTHENTICATIONS_SHARED_SECRET_ENABLED": "true",
    "STARGATE_JSONAPI_EMBEDDING_PROVIDERS_HUGGINGFACEDEDICATED_SUPPORTED_AUTHENTICATIONS_SHARED_SECRET_ENABLED": "true",
    "QUARKUS_REST_CLIENT_CREDENTIALS_URL": "https://vzctl:8084/v1",
    "QUARKUS_CACHE_CAFFEINE__CREDENTIALS__EXPIRE_AFTER_WRITE": "30s",
    "QUARKUS_CONFIG_LOCATIONS": "/config/data-api-tls.properties",
}
TLS = ("--url", "https://vzctl:8084/v1", "--ca", "/etc/vzctl/ca.pem", "--freshness", "30s")
TLS_LINES = (
    '# The Data API of the database "shop", which asks vzctl for its keys. Freshness: 30s.\n'
    "quarkus.rest-client.credentials.tls-configuration-name=vzctl\n"
    "quarkus.tls.vzctl.trust-store.pem.certs=/etc/vzctl/ca.pem\n"
)


def config(cli: Cli, *words: str) -> str:
    return cli.ok("serve", "config", "--database", "shop", *words).out


def written(cli: Cli, *words: str) -> dict[str, str]:
    """Write into a folder and return the files by name."""
    listed = config(cli, "--write", "out", *words)
    files = sorted((cli.folder / "out").iterdir())
    assert sorted(listed.split()) == [f"out/{path.name}" for path in files]
    assert stat.S_IMODE((cli.folder / "out").stat().st_mode) == 0o700
    return {path.name: path.read_text(encoding="utf-8") for path in files}


def test_a_properties_file_has_everything_and_no_token_as_long_as_there_is_none(cli: Cli) -> None:
    assert config(cli) == PROPERTIES.format(token="")


def test_the_token_is_in_the_written_file_and_nowhere_else(cli: Cli) -> None:
    token = make_token(cli)
    assert config(cli) == PROPERTIES.format(token=TOKEN_LINE.format("<TOKEN>"))
    assert config(cli, "--token-file", "shop-token") == PROPERTIES.format(token=TOKEN_LINE.format("<TOKEN>"))
    result = cli.ok(
        "serve", "config", "--database", "shop", "--token-file", "shop-token", "--write", "out", "-o", "json"
    )
    assert token not in result.out + result.err
    path = cli.folder / "out" / "data-api.properties"
    assert path.read_text(encoding="utf-8") == PROPERTIES.format(token=TOKEN_LINE.format(token))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_token_that_the_service_would_not_take_for_this_database_is_refused(cli: Cli) -> None:
    token = make_token(cli)
    make_token(cli, "logs")
    (cli.folder / "damaged").write_text(token[:-1] + ("0" if token[-1] != "0" else "1"), encoding="utf-8")
    make_token(cli, "shop", "revoked")
    revoked = (cli.folder / "shop-revoked").read_text(encoding="utf-8").split("_")[1]
    cli.ok("databases", "token", "revoke", "shop", revoked, "--yes")
    before = sorted(cli.folder.iterdir())
    for file, reason in {
        "logs-token": 'is one of the database "logs", not of "shop"',
        "shop-revoked": "is not in this state: it was revoked, or made for another one",
        "damaged": "is damaged: its id is known, the rest is not right",
    }.items():
        for words in ((), ("--write", "out")):
            result = cli.run("serve", "config", "--database", "shop", "--token-file", file, *words)
            assert (result.status, result.out, result.err) == (
                4,
                "",
                f'error: the service token in "{file}" {reason}\n'
                '  next: vzctl databases token create shop --out FILE\n    # make one of "shop"\n',
            )
    assert sorted(cli.folder.iterdir()) == before


def test_a_bounded_cache_and_client_certificates(cli: Cli) -> None:
    cli.ok("databases", "edit", "shop", "--freshness", "90s")
    certificate = ("--client-cert", "/etc/vzctl/shop.pem", "--client-key", "/etc/vzctl/shop.key")
    text = config(cli, "--url", "https://vzctl:8084/v1/", "--ca", "/etc/vzctl/ca.pem", *certificate)
    assert text.splitlines()[8:] == [
        "quarkus.rest-client.credentials.url=https://vzctl:8084/v1",
        'quarkus.cache.caffeine."credentials".expire-after-write=90s',
        "quarkus.rest-client.credentials.tls-configuration-name=vzctl",
        "quarkus.tls.vzctl.trust-store.pem.certs=/etc/vzctl/ca.pem",
        "quarkus.tls.vzctl.key-store.pem.0.cert=/etc/vzctl/shop.pem",
        "quarkus.tls.vzctl.key-store.pem.0.key=/etc/vzctl/shop.key",
    ]


def test_with_a_client_certificate_no_token_is_written_although_the_database_has_one(cli: Cli) -> None:
    make_token(cli)
    certificate = ("--client-cert", "/etc/vzctl/shop.pem", "--client-key", "/etc/vzctl/shop.key")
    for form in FORMATS:
        for words in ((), ("--write", f"of-{form}")):
            text = config(cli, "--format", form, *TLS, *certificate, *words)
            if words:
                text = "".join(path.read_text(encoding="utf-8") for path in (cli.folder / f"of-{form}").iterdir())
            assert "Token" not in text
            assert "VZCTLTOKEN" not in text
            assert "<" not in text
            assert "key-store.pem.0.cert=/etc/vzctl/shop.pem" in text


def test_a_token_that_is_given_beside_a_certificate_is_written(cli: Cli) -> None:
    token = make_token(cli)
    certificate = ("--client-cert", "/etc/vzctl/shop.pem", "--client-key", "/etc/vzctl/shop.key")
    files = written(cli, *TLS, *certificate, "--token-file", "shop-token")
    assert TOKEN_LINE.format(token) in files["data-api.properties"]


@pytest.mark.parametrize("form", ["properties", "compose", "systemd"])
def test_no_file_gets_a_placeholder(cli: Cli, form: str) -> None:
    make_token(cli)
    before = sorted(cli.folder.iterdir())
    result = cli.run("serve", "config", "--database", "shop", "--format", form, "--write", "out")
    assert (result.status, result.err) == (
        2,
        'error: the database "shop" has a service token, and no file is written without it: give --token-file FILE\n'
        "  next: vzctl databases token create shop --out FILE\n    # if no file has the token\n",
    )
    assert sorted(cli.folder.iterdir()) == before


def test_kubernetes_needs_no_token_because_its_files_name_a_secret(cli: Cli) -> None:
    make_token(cli)
    files = written(cli, "--format", "kubernetes")
    assert "secretKeyRef" in files["data-api.patch.yaml"]
    assert "<TOKEN>" not in files["data-api.patch.yaml"]


def parsed_properties(text: str) -> dict[str, str]:
    """Read a properties file as `java.util.Properties.load` is documented to, written from that description."""
    found = {}
    logical = re.sub(r"(?<!\\)((?:\\\\)*)\\(?:\r\n|\n|\r)[ \t\f]*", r"\1", text)
    for line in re.split(r"\r\n|\n|\r", logical):
        setting = line.lstrip(" \t\f")
        if not setting or setting[0] in "#!":
            continue
        key, value = re.fullmatch(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)", setting, re.DOTALL).groups()  # type: ignore[union-attr]
        found[unescaped(key)] = unescaped(value)
    return found


def unescaped(text: str) -> str:
    special = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
    return re.sub(
        r"\\(?:u([0-9A-Fa-f]{4})|(.))",
        lambda found: chr(int(found[1], 16)) if found[1] else special.get(found[2], found[2]),
        text,
    )


def parsed_variables(text: str) -> dict[str, str]:
    """Read an environment file; whatever systemd or compose would unquote, escape or expand must not be in it."""
    lines = [line for line in text.splitlines() if line and line[0] not in "#;"]
    pairs = dict(line.split("=", 1) for line in lines)
    assert len(pairs) == len(lines)
    for name, value in pairs.items():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", name)
        assert not re.search(r"[\s\\\"'$`#;]", value)
    return pairs


def parsed_yaml(text: str, pattern: str) -> dict[str, str]:
    """Return the quoted scalars of a YAML file; compose expands `$` in them."""
    found = {name: json.loads(value) for name, value in re.findall(pattern, text, re.MULTILINE)}
    assert not any("$" in value for value in found.values())
    return found


HOSTILE = [
    "a\nb=c",
    "a\rb",
    "a=b",
    "a:b",
    "#a",
    "!a",
    "a\\",
    "\\u0041",
    "$HOME",
    "${x}",
    "$$",
    '"',
    "'",
    "a b",
    " a",
    "a ",
]
HOSTILE += [
    "\0",
    "\x1b[2J",
    "\u2028",
    "\x85",
    "\xe4",
    "%h",
    "`id`",
    "a;b",
    "a\tb",
    "",
    "-",
    "[a]",
    "{a}",
    "*",
    "&a",
    "- a",
    "a: b",
]
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=12) | st.from_regex(r"[A-Za-z0-9_./:-]{1,20}", fullmatch=True)


@settings(max_examples=examples(400), deadline=None)
@given(provider=TEXTS, url=TEXTS, token=st.none() | TEXTS, path=TEXTS, name=TEXTS)
def test_what_is_written_is_read_as_the_same_value_or_refused(
    provider: str, url: str, token: str | None, path: str, name: str
) -> None:
    try:
        given_settings = DataApiSettings(
            database=name,
            url=url,
            providers=("openai", provider),
            freshness_seconds=0,
            sends_token=token is not None,
            token=token,
            authority=path,
            client_certificate=path,
            client_key=path,
        )
    except UsageError:
        return
    tls = {
        "quarkus.rest-client.credentials.tls-configuration-name": "vzctl",
        "quarkus.tls.vzctl.trust-store.pem.certs": path,
        "quarkus.tls.vzctl.key-store.pem.0.cert": path,
        "quarkus.tls.vzctl.key-store.pem.0.key": path,
    }
    enabled = "supported-authentications.SHARED_SECRET.enabled"
    properties = {
        "stargate.jsonapi.operations.vectorize-enabled": "true",
        f"stargate.jsonapi.embedding.providers.openai.{enabled}": "true",
        f"stargate.jsonapi.embedding.providers.{provider}.{enabled}": "true",
        "quarkus.rest-client.credentials.url": url,
        "quarkus.cache.enabled": "false",
        **tls,
    }
    variables = {
        "STARGATE_JSONAPI_OPERATIONS_VECTORIZE_ENABLED": "true",
        "STARGATE_JSONAPI_EMBEDDING_PROVIDERS_OPENAI_SUPPORTED_AUTHENTICATIONS_SHARED_SECRET_ENABLED": "true",
        f"STARGATE_JSONAPI_EMBEDDING_PROVIDERS_{provider.upper().replace('-', '_')}"
        "_SUPPORTED_AUTHENTICATIONS_SHARED_SECRET_ENABLED": "true",
        "QUARKUS_REST_CLIENT_CREDENTIALS_URL": url,
        "QUARKUS_CACHE_ENABLED": "false",
        "QUARKUS_CONFIG_LOCATIONS": "/config/data-api-tls.properties",
    }
    sent = {} if token is None else {"quarkus.rest-client.credentials.headers.X-Vzctl-Token": token}
    sent_variable = {} if token is None else {"QUARKUS_REST_CLIENT_CREDENTIALS_HEADERS_VZCTLTOKEN": token}
    files = {form: {item.name: item.text for item in config_files(given_settings, form)} for form in FORMATS}
    assert parsed_properties(files["properties"]["data-api.properties"]) == properties | sent
    for form in ("compose", "kubernetes", "systemd"):
        assert parsed_properties(files[form]["data-api-tls.properties"]) == tls
    assert parsed_variables(files["systemd"]["data-api.env"]) == variables | sent_variable
    assert parsed_variables(files["compose"].get("data-api-token.env", "")) == sent_variable
    compose, patch = files["compose"]["data-api.compose.yaml"], files["kubernetes"]["data-api.patch.yaml"]
    assert parsed_yaml(compose, r"^      ([A-Z0-9_]+): (.*)$") == variables
    assert parsed_yaml(patch, r"- name: ([A-Z0-9_]+)\n +value: (.*)$") == variables
    for text in (compose, patch):
        assert text.isascii()
        assert text.count("\n#") == sum(line.startswith("#") for line in text.splitlines()) - 1


def test_an_integration_whose_id_would_be_a_line_of_its_own_is_refused(cli: Cli) -> None:
    """The state may have come with a cloned repository."""
    text = cli.state.read_text(encoding="utf-8")
    cli.state.write_text(
        text + '\n[[integrations]]\nprovider = "x\\nquarkus.http.host=0.0.0.0\\n"\nadded_at = 2026-01-01T00:00:00Z\n',
        encoding="utf-8",
    )
    for form in FORMATS:
        result = cli.run("serve", "config", "--database", "shop", "--format", form, "--write", "out")
        said = (
            "the id of an integration cannot be written into a configuration file: 'x\\nquarkus.http.host=0.0.0.0\\n'"
        )
        assert (result.status, result.error.startswith(said)) == (2, True), result.err
    assert not (cli.folder / "out").exists()


def test_integrations_without_a_key_are_not_switched_on(cli: Cli) -> None:
    cli.ok("integrations", "add", "voyageAI")
    cli.ok("credentials", "remove", "mistral-prod", "--confirm", "mistral-prod")
    cli.ok("integrations", "remove", "mistral", "--yes")
    found = re.findall(r"providers\.(\w+)\.", config(cli))
    assert found == ["openai", "azureOpenAI", "huggingface", "huggingfaceDedicated", "voyageAI"]


def test_compose_has_variables_the_token_apart_and_tls_in_a_file(cli: Cli) -> None:
    token = make_token(cli)
    files = written(cli, "--format", "compose", *TLS, "--token-file", "shop-token")
    assert files["data-api-tls.properties"] == TLS_LINES
    assert files["data-api-token.env"] == f"QUARKUS_REST_CLIENT_CREDENTIALS_HEADERS_VZCTLTOKEN={token}\n"
    text = files["data-api.compose.yaml"]
    assert token not in text
    assert dict(re.findall(r'^      ([A-Z_]+): "(.*)"$', text, re.MULTILINE)) == VARIABLES
    assert "      - ./data-api-token.env\n" in text
    assert "      - ./data-api-tls.properties:/config/data-api-tls.properties:ro\n" in text
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (cli.folder / "out").iterdir()}
    assert modes == {"data-api-tls.properties": 0o644, "data-api-token.env": 0o600, "data-api.compose.yaml": 0o600}


def test_kubernetes_takes_the_token_from_a_secret(cli: Cli) -> None:
    token = make_token(cli)
    files = written(cli, "--format", "kubernetes", *TLS, "--token-file", "shop-token")
    text = files["data-api.patch.yaml"]
    assert token not in "".join(files.values())
    pairs = dict(re.findall(r'- name: ([A-Z_]+)\n +value: "(.*)"$', text, re.MULTILINE))
    assert pairs == VARIABLES
    assert "- name: QUARKUS_REST_CLIENT_CREDENTIALS_HEADERS_VZCTLTOKEN\n" in text
    assert "secretKeyRef:\n                  name: vzctl-token\n                  key: token\n" in text


def test_systemd_has_the_data_apis_environment_and_units_for_vzctl(cli: Cli) -> None:
    token = make_token(cli)
    files = written(cli, "--format", "systemd", *TLS, "--token-file", "shop-token")
    environment = dict(line.split("=", 1) for line in files["data-api.env"].splitlines() if not line.startswith("#"))
    assert environment == {**VARIABLES, "QUARKUS_REST_CLIENT_CREDENTIALS_HEADERS_VZCTLTOKEN": token}
    units = {}
    for name in ("vzctl.socket", "vzctl.service"):
        units[name] = configparser.ConfigParser(strict=False, interpolation=None)
        units[name].optionxform = str  # type: ignore[assignment,method-assign]
        units[name].read_string(files[name])
    assert units["vzctl.socket"]["Socket"]["ListenStream"] == "127.0.0.1:8084"
    assert units["vzctl.service"]["Service"]["ExecStart"].endswith("vzctl serve run")
    assert units["vzctl.service"]["Service"]["Type"] == "notify"
    assert units["vzctl.service"]["Unit"]["Requires"] == "vzctl.socket"


def test_the_units_in_the_examples_are_these(cli: Cli) -> None:
    examples = Path(__file__).parents[2] / "examples" / "self-hosted"
    files = written(cli, "--format", "systemd")
    for name in ("vzctl.socket", "vzctl.service"):
        assert files[name] == (examples / name).read_text(encoding="utf-8")


UNPLAIN = ["http://x/${HOME}", "http://x/a b", "http://x/\nstargate=1", "http://x:99999/", "http://ä/v1", 'http://x/"']


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8084",
        "ftp://x/v1",
        "http://",
        "http://u:p@x/v1",
        "http://x/v1?token=1",
        "http://x/v1#a",
        *UNPLAIN,
    ],
)
def test_an_address_that_would_say_something_else_in_a_file_is_refused(cli: Cli, url: str) -> None:
    result = cli.run("serve", "config", "--database", "shop", "--url", url)
    assert (result.status, "--url is the address" in result.error) == (2, True)


@pytest.mark.parametrize("path", ["ca.pem", "/etc/ca pem", "/etc/$HOME", "/etc/a\nb=c", "/etc/\\u0041"])
def test_a_path_that_would_say_something_else_in_a_file_is_refused(cli: Cli, path: str) -> None:
    result = cli.run("serve", "config", "--database", "shop", "--ca", path)
    assert (result.status, "a certificate's path" in result.error) == (2, True)


def test_the_next_step_is_what_is_missing(cli: Cli) -> None:
    def steps(*words: str) -> list[str]:
        said = cli.ok("serve", "config", "--database", "shop", *words).err.splitlines()
        return [line.removeprefix("next: ") for line in said if line.startswith("next: ")]

    assert steps() == [
        "vzctl databases edit shop --freshness immediate",
        "vzctl databases token create shop --out FILE",
        "vzctl serve check --url http://127.0.0.1:8084/v1",
    ]
    make_token(cli)
    cli.ok("databases", "edit", "shop", "--freshness", "immediate")
    assert steps()[0] == "vzctl serve config --database shop --token-file FILE --write DIR"
    assert steps("--token-file", "shop-token") == [
        "vzctl serve check --url http://127.0.0.1:8084/v1 --token-file shop-token"
    ]
