"""`serve check`: ask a running service as a Data API does, and say what is wrong before its users find out.

It sends what a Data API sends, follows no redirect and never fetches a key: `…/valid` says as much and leaves no trace in
the record of fetches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

from vzctl.command import NextStep, suggest
from vzctl.domain.state.records import Credential
from vzctl.domain.state.service_token import token_digest, token_id
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus, VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns, Outcome
from vzctl.usecases.serve.config import read_token
from vzctl.usecases.serve.credential import SINGLE_TENANT, Directory

CREDENTIALS_AT_MOST: Final = 50
INVENTED: Final = "vzctl-serve-check"
"""A name that no credential has: asking for it costs nothing and shows whether the service speaks the protocol."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One thing that was looked at: `ok`, `warning`, `wrong`, or `skipped` because of something before it."""

    check: str
    result: str
    detail: str

    columns: ClassVar[Columns] = (("CHECK", "check"), ("RESULT", "result"), ("WHAT WAS SEEN", "detail"))


@dataclass(frozen=True, slots=True)
class ServiceCheck:
    """Everything that was looked at, in order."""

    checks: tuple[CheckRow, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as far as it matters."""

    status: int
    content_type: str
    document: Any


class UnreachableError(Exception):
    """No answer; the text says why in vzctl's own words."""


class Asks(Protocol):
    """What sends requests as a Data API does."""

    url: str
    is_secure: bool
    is_near: bool
    has_certificate: bool

    def get(self, path: str, token: str | None, *, at_root: bool = False) -> Reply:
        """Return the answer; raise `UnreachableError`."""
        ...


def check_service(
    context: Context, client: Asks, token_file: str | None, *, exit_code: bool = True
) -> Outcome[ServiceCheck]:
    """Ask the service and report; a problem ends as 20, or as 0 without `exit_code`."""
    token = read_token(token_file) if token_file is not None else None
    examiner = _Examiner(client, token, _state(context))
    examiner.examine()
    is_wrong = any(row.result == "wrong" for row in examiner.rows)
    return Outcome(
        data=ServiceCheck(tuple(examiner.rows)),
        summary=("the service answers as a Data API expects" if not is_wrong else "a Data API would fail here",),
        next_steps=tuple(examiner.steps),
        status=ExitStatus.CHANGES if is_wrong and exit_code else ExitStatus.OK,
    )


def _state(context: Context) -> State | None:
    """Return the state, when this is the machine that has it: the check is also run beside the Data API."""
    try:
        return context.state_store.read()
    except VzctlError:
        return None


class _Examiner:
    """The checks, one after the other; a step that cannot succeed after a failure is skipped."""

    def __init__(self, client: Asks, token: str | None, state: State | None) -> None:
        self.rows: list[CheckRow] = []
        self.steps: list[NextStep] = []
        self._client = client
        self._directory = Directory(state) if state is not None and state.is_local else None
        self._token = token

    def examine(self) -> None:
        """Look at everything."""
        self._look_at_url()
        try:
            if not self._reach():
                return
            self._is_ready()
            if self._is_recognized():
                self._credentials()
        except UnreachableError as error:
            self._wrong("answer", f"{error}: a Data API shows its callers the request when this happens")

    def _look_at_url(self) -> None:
        if self._client.is_near:
            detail = (
                "only a Data API on this machine reaches it; inside a container this address is the container itself"
            )
            self.rows.append(CheckRow("address", "ok", detail))
        elif self._client.is_secure:
            self.rows.append(CheckRow("address", "ok", "reached with TLS"))
        else:
            self._wrong(
                "address",
                "keys cross the network in clear",
                suggest("serve run", help=True, comment="--tls-cert and --tls-key"),
            )

    def _reach(self) -> bool:
        try:
            reply = self._client.get("/healthz", None, at_root=True)
        except UnreachableError as error:
            self._wrong("service", str(error), suggest("serve run", comment="start it, or correct the URL"))
            return False
        if reply.status == 403:
            self._wrong(
                "service",
                "it refuses this Host header: it listens on loopback and believes this machine's own names alone",
                suggest("serve run", help=True, comment="--bind another address, with TLS, for a Data API elsewhere"),
            )
            return False
        if reply.status != 200 or reply.document != {"alive": True}:
            self._wrong(
                "service",
                f"something else answers there (HTTP {reply.status})",
                suggest("serve run", comment="start it"),
            )
            return False
        self.rows.append(CheckRow("service", "ok", "it is a credential service of vzctl"))
        return True

    def _is_ready(self) -> None:
        reply = self._client.get("/readyz", None, at_root=True)
        document = reply.document if isinstance(reply.document, dict) else {}
        reasons = ", ".join(word for word in _words(document.get("reasons")))
        warnings = ", ".join(word for word in _words(document.get("warnings")))
        if reply.status != 200:
            self._wrong("readiness", f"it is not ready: {reasons or 'no reason given'}", _remedy(reasons))
        elif warnings:
            # Not wrong: those may be other databases' credentials, and this one's are looked at below.
            detail = f"it is ready, but some credential cannot be given out: {warnings}"
            self.rows.append(CheckRow("readiness", "warning", detail))
            self.steps.append(_remedy(warnings))
        else:
            self.rows.append(CheckRow("readiness", "ok", "state and secret store are usable"))

    def _is_recognized(self) -> bool:
        path = _path("openai", INVENTED)
        bare = self._client.get(path, None)
        if self._token is None and not self._client.has_certificate:
            if bare.status == 401:
                self._wrong(
                    "recognition",
                    "it wants a token or a client certificate",
                    suggest(
                        "databases token create",
                        "DB",
                        out="FILE",
                        comment="then this check again with --token-file FILE",
                    ),
                )
                return False
            return self._speaks_protocol(bare, "whoever connects is believed to be one database (--database)")
        reply = self._client.get(path, self._token)
        if reply.status == 401:
            self._wrong(
                "recognition",
                self._why_unknown(),
                self._recognized_by()
                if self._token is None
                else suggest("databases token list", comment="the tokens there are"),
            )
            return False
        return self._speaks_protocol(reply, "it knows which database is asking")

    @staticmethod
    def _recognized_by() -> NextStep:
        return suggest(
            "databases edit", "DB", certificate_name="NAME", comment="let this certificate stand for a database"
        )

    def _why_unknown(self) -> str:
        if self._token is None:
            return "it does not know the name in this client certificate"
        known = self._directory.tokens.get(token_id(self._token) or "") if self._directory is not None else None
        if self._directory is None:
            return "it does not know this token: revoked, or made for another state"
        if known is None:
            return "the token is not in this state: it was revoked, or made for another one"
        if known.digest != token_digest(self._token):
            return "the file holds a damaged token: its id is known, the rest is not right"
        return "the token is in this state, so the service reads another state file"

    def _speaks_protocol(self, reply: Reply, detail: str) -> bool:
        if reply.status != 200:
            self._wrong(
                "protocol", f"HTTP {reply.status} for a name that does not exist; a Data API asks four times then"
            )
            return False
        if reply.content_type.partition(";")[0].strip() != "application/json":
            self._wrong("protocol", "the answer is not application/json: is a proxy in between?")
            return False
        errors = reply.document.get("errors") if isinstance(reply.document, dict) else None
        if not isinstance(errors, list) or not errors or not isinstance(errors[0], dict) or "message" not in errors[0]:
            self._wrong("protocol", "the answer has no errors[] with a message: this is another service")
            return False
        self.rows.append(CheckRow("recognition", "ok", detail))
        return True

    def _credentials(self) -> None:
        known = token_id(self._token or "")
        token = self._directory.tokens.get(known or "") if self._directory is not None else None
        if self._directory is None or token is None:
            detail = "which credentials there should be is not known here: no state, or no token of it"
            self.rows.append(CheckRow("credentials", "skipped", detail))
            return
        credentials = self._directory.credentials_of(token.database)
        if not credentials:
            name = self._directory.database_name(token.database)
            self._wrong(
                "credentials",
                f'the database "{name}" may use no credential',
                suggest("scope add", "CREDENTIAL", name, comment="let it use one"),
            )
        for credential in credentials[:CREDENTIALS_AT_MOST]:
            self._credential(credential)

    def _credential(self, credential: Credential) -> None:
        reply = self._client.get(f"{_path(credential.provider, credential.name)}/valid", self._token)
        document = reply.document if isinstance(reply.document, dict) else {}
        label = f"credential {credential.name}"
        if reply.status == 200 and document.get("credentials") == {f"{credential.name}.providerKey": True}:
            self.rows.append(CheckRow(label, "ok", f"a key of {credential.provider} can be fetched"))
        elif reply.status == 200 and _first_id(document) == "CREDENTIAL_HAS_NO_KEY":
            self._wrong(label, "it has no key", suggest("secrets put", credential.name, comment="if you have the key"))
        elif reply.status == 200:
            self._wrong(
                label, "it is refused", suggest("credentials show", credential.name, comment="what the state says")
            )
        else:
            self._wrong(
                label,
                f"HTTP {reply.status}: its key cannot be read",
                suggest("secrets status", check=True, comment="look"),
            )

    def _wrong(self, check: str, detail: str, step: NextStep | None = None) -> None:
        self.rows.append(CheckRow(check, "wrong", detail))
        if step is not None:
            self.steps.append(step)


def _path(provider: str, name: str) -> str:
    return f"/databases/{SINGLE_TENANT}/integrations-type/{provider}/creds/{name}.providerKey"


def _words(value: object) -> list[str]:
    """Return words of vzctl's own from a foreign answer, and nothing else of it."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str) and item.replace("_", "").isalpha() and item.isascii()][:5]


def _first_id(document: dict[str, Any]) -> object:
    errors = document.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return first.get("ID") if isinstance(first, dict) else None


def _remedy(reasons: str) -> NextStep:
    if "DATABASE_GONE" in reasons:
        return suggest("databases list", comment="those that serve run --database can be started for")
    if "STATE" in reasons or "CONTROL_PLANE" in reasons:
        return suggest("state check", comment="where the service runs")
    return suggest("secrets status", check=True, comment="where the service runs, as its user")
