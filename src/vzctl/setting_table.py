"""The table of settings and variables: each setting is declared here once.

What it may be, where it may come from, its default, what the documentation says of it, and what a support bundle shows.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final, Protocol

from vzctl.command import suggest
from vzctl.errors import UsageError

OUTPUTS: Final = ("human", "plain", "json")
DEFAULT_TIMEOUT_SECONDS: Final = 30.0
_FALSE: Final = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Sourced:
    """A value and where it came from, such as `--state`, `VZCTL_STATE`, a file's path, or `default`."""

    value: str
    source: str


def is_true(text: str) -> bool:
    """Whether an environment variable's text means yes: everything but empty, 0, false, no and off."""
    return text.strip().lower() not in _FALSE


class Form(Protocol):
    """What a setting may be."""

    def checked(self, found: Sourced) -> Sourced:
        """Return the value as it is used; raise `UsageError` for one that the setting cannot have."""
        ...

    def redacted(self, text: str) -> str | float | None:
        """Return what may be passed on of a value: a word of vzctl's own or a number; None for what a user wrote freely."""
        ...


class _Text:
    def checked(self, found: Sourced) -> Sourced:
        return found

    def redacted(self, text: str) -> str | float | None:
        return None


class _Switch:
    def checked(self, found: Sourced) -> Sourced:
        return Sourced("true" if is_true(found.value) else "false", found.source)

    def redacted(self, text: str) -> str | float | None:
        return text if text in ("true", "false") else None


@dataclass(frozen=True, slots=True)
class _Choice:
    noun: str
    words: tuple[str, ...]

    def checked(self, found: Sourced) -> Sourced:
        if found.value in self.words:
            return found
        raise UsageError(
            f"{found.value!a} is no {self.noun}; choose {', '.join(self.words)} (from {found.source})",
            code="SETTING_INVALID",
            next_steps=(suggest("help", "environment", comment="every setting and its values"),),
        )

    def redacted(self, text: str) -> str | float | None:
        return text if text in self.words else None


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of a unit, from `lowest` to `highest`; days are whole."""

    unit: str
    lowest: float
    highest: float

    def checked(self, found: Sourced) -> Sourced:
        number = self._number(found.value)
        if number is None or not self.lowest <= number <= self.highest:
            raise UsageError(
                f"{found.value!a} is no number of {self.unit} (from {found.source})", code="SETTING_INVALID"
            )
        return found

    def redacted(self, text: str) -> str | float | None:
        return self._number(text)

    def _number(self, text: str) -> float | None:
        if self.unit == "days" and not (text.isascii() and text.isdigit()):
            return None
        try:
            return float(text)
        except ValueError:
            return None


TEXT: Final = _Text()


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the settings table; documentation and `vzctl help environment` are made from it."""

    name: str
    meaning: str
    flag: str | None = None
    variable: str | None = None
    key: str | None = None
    default: str = ""
    project: bool = False
    form: Form = TEXT


SETTINGS: Final = (
    Setting(
        "state",
        "the state file",
        "--state",
        "VZCTL_STATE",
        "state",
        "$XDG_STATE_HOME/vzctl/<profile>/state.toml",
        project=True,
    ),
    Setting(
        "profile", "the profile, a folder for its own state", "--profile", "VZCTL_PROFILE", "profile", "default", True
    ),
    Setting(
        "output",
        "human, plain or json",
        "-o, --output",
        "VZCTL_OUTPUT",
        "output",
        "human at a terminal, else plain",
        project=True,
        form=_Choice("output", OUTPUTS),
    ),
    Setting("no_input", "never prompt", "--no-input", "VZCTL_NO_INPUT", form=_Switch()),
    Setting(
        "color",
        "auto, always or never",
        "--color",
        "VZCTL_COLOR",
        default="auto",
        form=_Choice("color", ("auto", "always", "never")),
    ),
    Setting(
        "lock_timeout",
        "seconds to wait for the state's lock",
        "--lock-timeout",
        "VZCTL_LOCK_TIMEOUT",
        default="10",
        form=_Number("seconds", 0, 24 * 3600),
    ),
    Setting("read_only", "refuse every change", variable="VZCTL_READ_ONLY", form=_Switch()),
    Setting(
        "secret_store",
        "keyring, exec, file or env",
        variable="VZCTL_SECRET_STORE",
        key="secrets.store",
        default="keyring",
        form=_Choice("secret store", ("keyring", "exec", "file", "env")),
    ),
    Setting(
        "policy.max_age_days",
        "days after which a key is due",
        key="policy.max_age_days",
        default="90",
        project=True,
        form=_Number("days", 1, 36_500),
    ),
    Setting("secrets.exec.get", "command that prints a secret; {item} is its name", key="secrets.exec.get"),
    Setting("secrets.exec.set", "command that takes a secret on stdin", key="secrets.exec.set"),
    Setting("secrets.exec.delete", "command that deletes a secret", key="secrets.exec.delete"),
    Setting("secrets.file.recipients", "age public keys that secrets are encrypted to", key="secrets.file.recipients"),
    Setting("secrets.file.identity_file", "age identity that decrypts them", key="secrets.file.identity_file"),
    Setting("secrets.env", "credential name = variable name, read only", key="secrets.env"),
    Setting(
        "timeout",
        "seconds that one request may take, its retries included",
        variable="VZCTL_TIMEOUT",
        key="timeout",
        default=f"{DEFAULT_TIMEOUT_SECONDS:g}",
        form=_Number("seconds", sys.float_info.min, 600),
    ),
    Setting(
        "astra.environment",
        "prod, dev or test",
        key="astra.environment",
        default="prod",
        form=_Choice("environment of Astra", ("prod", "dev", "test")),
    ),
    Setting(
        "astra.cli_profile",
        "the profile of the Astra CLI whose token is used when no other source has one",
        key="astra.cli_profile",
        default="default",
    ),
    Setting("astra.devops_url", "another address of the DevOps API", key="astra.devops_url"),
    Setting(
        "astra.data_api_hosts",
        "hosts outside of Astra that your Astra token may be sent to; trust.hosts names any host",
        key="astra.data_api_hosts",
    ),
    Setting(
        "trust.hosts",
        "other hosts that your keys and tokens may be sent to, such as https://cassandra.internal:8181",
        key="trust.hosts",
    ),
    Setting(
        "providers.PROVIDER.base_url",
        "another address of a provider's API, such as a proxy",
        key="providers.PROVIDER.base_url",
    ),
    Setting(
        "rotation.mint.PROVIDER",
        "program that makes a new key and prints it; {credential} is the credential's name",
        key="rotation.mint.PROVIDER",
    ),
    Setting("rotation.revoke.PROVIDER", "program that revokes the key on its stdin", key="rotation.revoke.PROVIDER"),
)

STANDARD_VARIABLES: Final = (
    ("XDG_CONFIG_HOME", "where vzctl/config.toml is; ~/.config when unset"),
    ("XDG_STATE_HOME", "where vzctl/<profile>/state.toml is; ~/.local/state when unset"),
    ("CI", "set: never prompt"),
    ("NO_COLOR", "set and not empty: no color"),
    ("FORCE_COLOR", "set and not empty or 0: color even when not at a terminal"),
    ("TERM", "dumb: no color"),
    ("COLUMNS", "width of tables at a terminal"),
    (
        "ASTRA_DB_APPLICATION_TOKEN",
        "the Astra token, or that of a self-hosted Data API; --token-env names another variable",
    ),
    (
        "ASTRA_TOKEN_FILE",
        "a file that holds the token, when that variable is not set; then the one of `vzctl secrets token put`",
    ),
    ("ASTRARC", "the profiles of the Astra CLI, ~/.astrarc when unset; only read"),
    ("HTTPS_PROXY", "the proxy that requests go through"),
    ("NO_PROXY", "hosts that are reached without it"),
    ("SSL_CERT_FILE", "certificate authorities to trust instead of the built-in ones"),
    ("PYTHON_KEYRING_BACKEND", "which backend the keyring store uses; null, fail and plaintext ones are refused"),
)
