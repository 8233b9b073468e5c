"""What an operator sets on a self-hosted Data API, in the forms that were found to work on a real one.

An environment variable loses the punctuation of a header's name, so the token's header has two names. TLS is set in a
properties file only: no form of those settings as variables was ever tried.

Properties, YAML, compose, and the environment files of systemd and of compose quote, escape and expand each in its own way.
So nothing is escaped: a name or a value is written only when it means the same in all of them, and refused otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from vzctl.domain.catalog.service import freshness_text
from vzctl.errors import UsageError

TOKEN_PLACE: Final = "<TOKEN>"  # noqa: S105  (where a token will be)
KUBERNETES_SECRET: Final = "vzctl-token"  # noqa: S105  (the name of one)
TLS_FILE: Final = "data-api-tls.properties"
_PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9_.:/\[\]-]+")
_PLAIN_PROVIDER: Final = re.compile(r"[A-Za-z0-9_-]+")
FORMATS: Final = ("properties", "compose", "kubernetes", "systemd")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file, and where it was written."""

    name: str
    text: str
    written_to: str | None = None

    @property
    def mode(self) -> int:
        """Who may read it: what holds no token is read by a service that runs as somebody else."""
        return 0o644 if self.name == TLS_FILE or self.name.startswith("vzctl.") else 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class DataApiSettings:
    """The facts; paths are those on the Data API's machine. Without `token`, a placeholder stands for the one that is sent.

    Raises `UsageError` for a value that would mean something else in one of the files.
    """

    database: str
    url: str
    providers: tuple[str, ...]
    freshness_seconds: int
    sends_token: bool
    token: str | None
    authority: str | None
    client_certificate: str | None
    client_key: str | None

    def __post_init__(self) -> None:
        for provider in self.providers:
            _require(_PLAIN_PROVIDER, "the id of an integration", provider)
        values = {"the service's URL": self.url, "the token": self.token, "the path of a CA": self.authority}
        values |= {"the path of a certificate": self.client_certificate, "the path of a key": self.client_key}
        for what, value in values.items():
            if value is not None:
                _require(_PLAIN_VALUE, what, value)

    @property
    def token_text(self) -> str | None:
        """What stands where the token belongs; None when none is sent."""
        return (self.token or TOKEN_PLACE) if self.sends_token else None

    @property
    def has_tls_settings(self) -> bool:
        """Whether a properties file is needed."""
        return self.authority is not None or self.client_certificate is not None

    @property
    def title(self) -> str:
        """The first line of every file."""
        kept = freshness_text(self.freshness_seconds)
        return f"# The Data API of the database {json.dumps(self.database)}, which asks vzctl for its keys. Freshness: {kept}."


def has_placeholder(file: ConfigFile) -> bool:
    """Whether a setting in the file is not its real value."""
    return any(TOKEN_PLACE in line for line in file.text.splitlines() if not line.startswith("#"))


def _require(form: re.Pattern[str], what: str, value: str) -> None:
    if not form.fullmatch(value):
        raise UsageError(
            f"{what} cannot be written into a configuration file: {value[:60]!a} has characters with a meaning of their own",
            code="VALUE_NOT_WRITABLE",
        )


def config_files(settings: DataApiSettings, form: str) -> tuple[ConfigFile, ...]:
    """Return the files of one form."""
    if form == "properties":
        return (ConfigFile("data-api.properties", _lines([settings.title, *_properties(settings)])),)
    tls = (ConfigFile(TLS_FILE, _lines([settings.title, *_tls(settings)])),) if settings.has_tls_settings else ()
    maker = {"compose": _compose, "kubernetes": _kubernetes, "systemd": _systemd}[form]
    return (*maker(settings), *tls)


def _properties(settings: DataApiSettings) -> Iterable[str]:
    yield "# Start it with QUARKUS_CONFIG_LOCATIONS=/path/to/data-api.properties"
    yield "stargate.jsonapi.operations.vectorize-enabled=true"
    for provider in settings.providers:
        prefix = f"stargate.jsonapi.embedding.providers.{provider}"
        yield f"{prefix}.supported-authentications.SHARED_SECRET.enabled=true"
    yield f"quarkus.rest-client.credentials.url={settings.url}"
    if settings.sends_token:
        yield f"quarkus.rest-client.credentials.headers.X-Vzctl-Token={settings.token_text}"
    if settings.freshness_seconds:
        yield f'quarkus.cache.caffeine."credentials".expire-after-write={settings.freshness_seconds}s'
    else:
        yield "quarkus.cache.enabled=false"
    yield from _tls(settings)


def _tls(settings: DataApiSettings) -> Iterable[str]:
    if not settings.has_tls_settings:
        return
    yield "quarkus.rest-client.credentials.tls-configuration-name=vzctl"
    if settings.authority is not None:
        yield f"quarkus.tls.vzctl.trust-store.pem.certs={settings.authority}"
    if settings.client_certificate is not None:
        yield f"quarkus.tls.vzctl.key-store.pem.0.cert={settings.client_certificate}"
        yield f"quarkus.tls.vzctl.key-store.pem.0.key={settings.client_key}"


def _variables(settings: DataApiSettings) -> Iterable[tuple[str, str]]:
    """Yield everything but the token and TLS as environment variables; ids in camel case are written in upper case."""
    yield "STARGATE_JSONAPI_OPERATIONS_VECTORIZE_ENABLED", "true"
    for provider in settings.providers:
        prefix = f"STARGATE_JSONAPI_EMBEDDING_PROVIDERS_{provider.upper().replace('-', '_')}"
        yield f"{prefix}_SUPPORTED_AUTHENTICATIONS_SHARED_SECRET_ENABLED", "true"
    yield "QUARKUS_REST_CLIENT_CREDENTIALS_URL", settings.url
    if settings.freshness_seconds:
        yield "QUARKUS_CACHE_CAFFEINE__CREDENTIALS__EXPIRE_AFTER_WRITE", f"{settings.freshness_seconds}s"
    else:
        yield "QUARKUS_CACHE_ENABLED", "false"
    if settings.has_tls_settings:
        yield "QUARKUS_CONFIG_LOCATIONS", f"/config/{TLS_FILE}"


TOKEN_VARIABLE: Final = "QUARKUS_REST_CLIENT_CREDENTIALS_HEADERS_VZCTLTOKEN"  # noqa: S105  (its name)


def _compose(settings: DataApiSettings) -> Sequence[ConfigFile]:
    lines = [settings.title, "# docker compose -f compose.yaml -f data-api.compose.yaml up", "services:", "  data-api:"]
    lines.append("    environment:")
    lines += [f"      {name}: {json.dumps(value)}" for name, value in _variables(settings)]
    if settings.has_tls_settings:
        lines += ["    volumes:", f"      - ./{TLS_FILE}:/config/{TLS_FILE}:ro"]
    files = []
    if settings.sends_token:
        lines += ["    env_file:", "      - ./data-api-token.env"]
        files.append(ConfigFile("data-api-token.env", _lines([f"{TOKEN_VARIABLE}={settings.token_text}"])))
    return [ConfigFile("data-api.compose.yaml", _lines(lines)), *files]


def _kubernetes(settings: DataApiSettings) -> Sequence[ConfigFile]:
    """Return a patch of a Deployment; the token stays in a Secret, which is made from the token's own file."""
    lines = [settings.title, "# kubectl patch deployment data-api --patch-file data-api.patch.yaml"]
    if settings.sends_token:
        lines.append(
            f"# the token first: kubectl create secret generic {KUBERNETES_SECRET} --from-file=token=THE_TOKEN_FILE"
        )
    if settings.has_tls_settings:
        lines.append(f"# the TLS settings first: kubectl create configmap vzctl-tls --from-file={TLS_FILE}")
    lines += ["spec:", "  template:", "    spec:", "      containers:", "        - name: data-api", "          env:"]
    for name, value in _variables(settings):
        lines += [f"            - name: {name}", f"              value: {json.dumps(value)}"]
    if settings.sends_token:
        lines += [f"            - name: {TOKEN_VARIABLE}", "              valueFrom:", "                secretKeyRef:"]
        lines += [f"                  name: {KUBERNETES_SECRET}", "                  key: token"]
    if settings.has_tls_settings:
        lines += ["          volumeMounts:", "            - name: vzctl-tls", "              mountPath: /config"]
        lines += ["      volumes:", "        - name: vzctl-tls", "          configMap:", "            name: vzctl-tls"]
    return [ConfigFile("data-api.patch.yaml", _lines(lines))]


def _systemd(settings: DataApiSettings) -> Sequence[ConfigFile]:
    environment = [
        settings.title,
        "# EnvironmentFile= of the Data API's unit; readable by root alone, it has the token",
    ]
    environment += [f"{name}={value}" for name, value in _variables(settings)]
    if settings.sends_token:
        environment.append(f"{TOKEN_VARIABLE}={settings.token_text}")
    return [
        ConfigFile("data-api.env", _lines(environment)),
        ConfigFile("vzctl.socket", SOCKET_UNIT),
        ConfigFile("vzctl.service", SERVICE_UNIT),
    ]


SOCKET_UNIT: Final = """\
# The socket stays open while the service restarts, so nobody is refused.
[Unit]
Description=Credential service for a self-hosted Data API

[Socket]
ListenStream=127.0.0.1:8084
NoDelay=true

[Install]
WantedBy=sockets.target
"""
SERVICE_UNIT: Final = """\
[Unit]
Description=Credential service for a self-hosted Data API
Requires=vzctl.socket
After=vzctl.socket

[Service]
Type=notify
ExecStart=/usr/bin/env vzctl serve run
User=vzctl
Environment=XDG_STATE_HOME=/var/lib XDG_CONFIG_HOME=/etc
StateDirectory=vzctl
StateDirectoryMode=0700
Restart=always
RestartSec=1
TimeoutStopSec=20
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
MemoryMax=512M

[Install]
WantedBy=multi-user.target
"""


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
