"""Every command with how it goes right and how it fails, on the organization of `tests.support.organization`.

The tests of the JSON contract and of leaks run all of them; a new command without cases fails the former.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.support.standin.shared import LENIENT, STRICT
from vzctl.errors import ExitStatus

LOCAL: Final = ("local",)
ASTRA: Final = ("astra",)
BOTH: Final = ("local", "astra")
ADD: Final = "credentials add new --provider openai"
ROTATE: Final = "credentials rotate openai-prod --skip-test"
SERVICE: Final = "--provider openai --model text-embedding-3-small --dimension 1536"
KEY: Final = "<<new>>"
"""Stands for a key that goes in; `<<openai-prod>>` and so on for keys that the organization has."""
KEYS: Final = {
    "new": "sk-next",
    "openai-prod": "sk-first",
    "openai-leaked": "sk-leaked",
    "openai-leaked-next": "sk-unleaked",
    "openai-wanted": "sk-wanted",
    "mistral-prod": "mistral-first",
    "mistral-next": "mistral-second",
}
ALONE: Final = frozenset(
    {"init", "status", "diff", "sync", "map", "probe", "diagnose", "explain", "audit", "completion", "help"}
)
"""Commands of one word."""
NOUNS_IN_NOUNS: Final = frozenset({"databases token", "secrets token"})
"""What has verbs of its own, so that its commands have three words."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command line, how it ends, and what it needs: the key on stdin, lines run before it, files, variables.

    `providers` are those of the stand-in that every key is sent to: ones that know all keys, or none.
    """

    line: str
    status: ExitStatus = ExitStatus.OK
    code: str = ""
    planes: tuple[str, ...] = LOCAL
    stdin: str = ""
    before: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    configuration: str = ""
    providers: str = LENIENT

    @property
    def words(self) -> list[str]:
        """The words after `vzctl`."""
        return shlex.split(self.line)

    @property
    def command(self) -> str:
        """The dotted name."""
        first, *others = self.words
        if first in ALONE:
            return first
        return ".".join([first, *others[: 2 if f"{first} {others[0]}" in NOUNS_IN_NOUNS else 1]])

    @property
    def error_code(self) -> str:
        """The permanent word of a failure, or the name of the exit status."""
        return self.code or self.status.name

    @property
    def goes_right(self) -> bool:
        """Whether an answer comes, with whatever exit status."""
        return not self.code


def good(line: str, status: ExitStatus = ExitStatus.OK, **needs: object) -> Case:
    """Return a case that ends with an answer."""
    return Case(line=line, status=status, **needs)  # type: ignore[arg-type]


def bad(line: str, status: ExitStatus, code: str, **needs: object) -> Case:
    """Return a case that fails."""
    return Case(line=line, status=status, code=code, **needs)  # type: ignore[arg-type]


USAGE: Final = ExitStatus.USAGE
NOT_FOUND: Final = ExitStatus.NOT_FOUND
CONFLICT: Final = ExitStatus.CONFLICT
INPUT: Final = ExitStatus.INPUT_REQUIRED
STORE: Final = ExitStatus.SECRET_STORE
MANUAL: Final = ExitStatus.MANUAL
OPEN: Final = ExitStatus.ROTATION_OPEN
CHANGES: Final = ExitStatus.CHANGES

AT_SHOP: Final = ("databases edit shop --endpoint <<shop>>",)
MINT: Final = '[rotation.mint]\nopenai = ["cat", "minted.txt"]\n'
PUT_TOKEN: Final = "secrets token put --secret-env ASTRA_DB_APPLICATION_TOKEN"
NO_TOKEN: Final = {"ASTRA_DB_APPLICATION_TOKEN": ""}

BATCH_OF_TWO: Final = (
    '{"name": "batch-1", "provider": "openai", "databases": ["shop"], "secret_env": "BATCH_KEY"}\n'
    '{"name": "batch-2", "provider": "mistral", "none": true, "note": "by hand"}\n'
)
ROTATION_OF_TWO: Final = (
    '{"name": "openai-prod", "secret_env": "BATCH_KEY"}\n{"name": "mistral-prod", "secret_env": "BATCH_KEY"}\n'
)

ROOT_CASES: Final = [
    good("init --control-plane local --profile other"),
    good("init --control-plane astra --organization acme --profile other"),
    bad("init --control-plane local", CONFLICT, "STATE_EXISTS", planes=BOTH),
    bad("init --profile other", INPUT, "CONTROL_PLANE_REQUIRED"),
    bad("init --control-plane mars --profile other", USAGE, "USAGE"),
    good("status", planes=BOTH),
    good("status -v"),
    good("status --exit-code", CHANGES, planes=BOTH),
    bad("status --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    good("map", planes=BOTH),
    good("map --format tree", planes=BOTH),
    good("map --format mermaid", planes=BOTH),
    good("map --format html", planes=BOTH),
    good("map --out map.html", planes=BOTH),
    good("map --format mermaid --out -"),
    bad("map --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    bad("map --format picture", USAGE, "USAGE"),
    bad("map --out map", USAGE, "FORMAT_MISSING"),
    bad("map --out nowhere/map.html", USAGE, "MAP_NOT_WRITABLE"),
    bad("map --format tree --out identity.txt", CONFLICT, "MAP_FILE_EXISTS"),
    good("audit", planes=BOTH),
    good("audit --subject openai-prod --limit 2"),
    bad("audit --limit many", USAGE, "USAGE"),
    bad("audit --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    good("completion zsh"),
    bad("completion tcsh", USAGE, "USAGE"),
    good("help"),
    good("help exit-codes"),
    good("help credentials rotate"),
    bad("help weather", NOT_FOUND, "TOPIC_NOT_FOUND"),
]

CATALOGUE_CASES: Final = [
    good("providers list"),
    bad("providers list openai", USAGE, "USAGE"),
    good("providers show openai"),
    good("providers show 'Azure OpenAI'"),
    good("providers show nvidia"),
    bad("providers show opnai", NOT_FOUND, "PROVIDER_UNKNOWN"),
    good("integrations list", planes=BOTH),
    bad("integrations list --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    good("integrations add jinaAI"),
    good("integrations add jinaAI", MANUAL, planes=ASTRA),
    good("integrations add openai --if-exists skip", planes=BOTH),
    bad("integrations add openai", CONFLICT, "INTEGRATION_EXISTS", planes=BOTH),
    bad("integrations add nvidia", CONFLICT, "PROVIDER_TAKES_NO_CREDENTIAL"),
    good("integrations show openai", planes=BOTH),
    bad("integrations show jinaAI", NOT_FOUND, "INTEGRATION_NOT_FOUND"),
    good("integrations remove voyageAI --yes"),
    good("integrations remove voyageAI --yes", MANUAL, planes=ASTRA),
    good("integrations remove jinaAI --if-missing skip"),
    bad("integrations remove openai --yes", CONFLICT, "INTEGRATION_HAS_CREDENTIALS"),
    bad("integrations remove voyageAI", INPUT, "CONFIRMATION_REQUIRED"),
]

CREDENTIAL_CASES: Final = [
    good("credentials list", planes=BOTH),
    good("credentials list --provider openai --database shop"),
    good("credentials list --due --exit-code", CHANGES),
    bad("credentials list --database nowhere", NOT_FOUND, "DATABASE_NOT_FOUND"),
    good(f"{ADD} --scope shop --secret-stdin", stdin=KEY),
    good(f"{ADD} --scope shop --secret-stdin", MANUAL, stdin=KEY, planes=ASTRA),
    good(f"{ADD} --secret-file key.txt", files={"key.txt": KEY}),
    good(f"{ADD} --secret-env NEW_KEY", variables={"NEW_KEY": KEY}),
    good(f"{ADD} --no-secret --note text --max-age-days 30 --set-at 2026-01-31"),
    good("credentials add new --provider jinaAI --secret-stdin", stdin=KEY),
    good("credentials add openai-prod --provider openai --secret-stdin --if-exists skip", stdin=KEY),
    good("credentials add openai-prod --provider openai --no-secret --if-exists update --note other"),
    good("credentials add --from batch.jsonl", files={"batch.jsonl": BATCH_OF_TWO}, variables={"BATCH_KEY": KEY}),
    good(
        "credentials add --from batch.jsonl",
        MANUAL,
        files={"batch.jsonl": BATCH_OF_TWO},
        variables={"BATCH_KEY": KEY},
        planes=ASTRA,
    ),
    bad(
        "credentials add --from batch.jsonl",
        ExitStatus.PARTIAL,
        "PARTIAL",
        files={"batch.jsonl": '{"name": "batch-0", "provider": "openai", "none": true}\n' + BATCH_OF_TWO},
    ),
    bad(
        "credentials add --from batch.jsonl",
        USAGE,
        "BATCH_INVALID",
        files={"batch.jsonl": '{"name": "batch-1", "provider": "openai", "secret": "<<new>>"}\n'},
    ),
    bad("credentials add openai-prod --provider openai --secret-stdin", CONFLICT, "CREDENTIAL_EXISTS", stdin=KEY),
    bad(f"{ADD} --secret-stdin", USAGE, "SECRET_INVALID", stdin="two words"),
    bad(f"{ADD} --secret-file nowhere.txt", USAGE, "SECRET_FILE_UNREADABLE"),
    bad(f"{ADD} --secret-env UNSET", USAGE, "SECRET_VARIABLE_UNSET"),
    bad(ADD, INPUT, "SECRET_REQUIRED"),
    good("credentials show openai-prod", planes=BOTH),
    bad("credentials show opnai-prod", NOT_FOUND, "CREDENTIAL_NOT_FOUND", planes=BOTH),
    good("credentials edit openai-prod --note other --max-age-days 10", planes=BOTH),
    good("credentials edit openai-prod --note 'of the shop'"),
    bad("credentials edit openai-prod", USAGE, "USAGE"),
    bad("credentials edit openai-prod --slot 1", CONFLICT, "SLOT_INVALID"),
    bad("credentials edit openai-leaked --note other", CONFLICT, "ROTATION_OPEN", planes=BOTH),
    good(f"{ROTATE} --yes --secret-stdin", stdin=KEY),
    good(f"{ROTATE} --yes --secret-stdin", MANUAL, stdin=KEY, planes=ASTRA, before=("pending drop --all --yes",)),
    good(f"{ROTATE} --yes --secret-stdin", stdin="<<openai-prod>>"),
    good(f"{ROTATE} --minimum-scope --confirm openai-prod --secret-stdin", stdin=KEY),
    good(
        "credentials rotate --from batch.jsonl --skip-test --yes",
        files={"batch.jsonl": ROTATION_OF_TWO},
        variables={"BATCH_KEY": KEY},
    ),
    good(
        "credentials rotate --from batch.jsonl --skip-test --yes",
        MANUAL,
        files={"batch.jsonl": ROTATION_OF_TWO},
        variables={"BATCH_KEY": KEY},
        planes=ASTRA,
    ),
    bad(f"{ROTATE} --secret-stdin", INPUT, "CONFIRMATION_REQUIRED", stdin=KEY),
    good("credentials rotate openai-prod --secret-stdin --yes", stdin=KEY, before=AT_SHOP),
    bad(
        "credentials rotate openai-prod --secret-stdin --yes",
        ExitStatus.PROVIDER,
        "NEW_KEY_INVALID_KEY",
        stdin=KEY,
        providers=STRICT,
    ),
    bad(
        "credentials rotate mistral-prod --skip-test --yes --secret-stdin",
        CONFLICT,
        "SECRET_USED_BEFORE",
        stdin="<<mistral-prod>>",
    ),
    bad(
        f"{ROTATE} --yes --secret-env NEXT_KEY",
        STORE,
        "SECRET_STORE_READ_ONLY",
        variables={"NEXT_KEY": KEY, "VZCTL_SECRET_STORE": "env"},
    ),
    good("credentials rotate openai-prod --mint --yes", files={"minted.txt": KEY}, configuration=MINT, before=AT_SHOP),
    bad("credentials rotate openai-prod --mint --yes", USAGE, "KEY_COMMAND_MISSING"),
    good("credentials find --secret-stdin", stdin="<<openai-prod>>", planes=BOTH),
    good("credentials find --secret-stdin", stdin=KEY),
    bad("credentials find", INPUT, "SECRET_REQUIRED"),
    good("credentials remove openai-prod --confirm openai-prod"),
    good("credentials remove openai-prod --confirm openai-prod", MANUAL, planes=ASTRA),
    good("credentials remove nobody --if-missing skip"),
    good("credentials verify openai-prod mistral-prod", planes=BOTH),
    good("credentials verify --all --level 1 --jobs 2"),
    good("credentials verify openai-leaked --model text-embedding-3-large --dimension 256"),
    good("credentials verify openai-prod", ExitStatus.PROVIDER, providers=STRICT),
    good("credentials verify --all", ExitStatus.PROVIDER, providers=STRICT, planes=BOTH),
    bad("credentials verify", USAGE, "CREDENTIALS_MISSING"),
    bad("credentials verify openai-prod --level 3", USAGE, "USAGE"),
    bad("credentials verify openai-prod --jobs 0", USAGE, "USAGE"),
    bad("credentials verify nobody", NOT_FOUND, "CREDENTIAL_NOT_FOUND"),
    bad("credentials verify openai-unheld", STORE, "SECRET_NOT_HELD"),
    bad("credentials remove openai-prod --yes", INPUT, "CONFIRMATION_REQUIRED"),
    bad("credentials remove nobody", NOT_FOUND, "CREDENTIAL_NOT_FOUND"),
]

SCOPE_CASES: Final = [
    good("scope list openai-prod", planes=BOTH),
    bad("scope list nobody", NOT_FOUND, "CREDENTIAL_NOT_FOUND"),
    good("scope add openai-prod archive"),
    good("scope add openai-prod archive", MANUAL, planes=ASTRA),
    good("scope add openai-prod shop", planes=BOTH),
    good("scope add openai-prod --all-databases --yes"),
    good("scope copy openai-prod openai-prod", planes=BOTH),
    good("scope copy mistral-prod openai-prod"),
    bad("scope copy nobody openai-prod", NOT_FOUND, "CREDENTIAL_NOT_FOUND"),
    bad("scope add openai-prod nowhere", NOT_FOUND, "DATABASE_NOT_FOUND"),
    bad("scope add openai-prod ''", USAGE, "DATABASE_EMPTY"),
    bad("scope add openai-prod", USAGE, "DATABASES_MISSING"),
    good("scope remove openai-prod logs --yes"),
    good("scope remove openai-prod shop --yes --force", MANUAL, planes=ASTRA),
    good("scope remove openai-prod archive --if-missing skip"),
    bad("scope remove openai-prod shop", CONFLICT, "SCOPE_HAS_DEPENDANTS"),
    bad("scope remove openai-prod archive", CONFLICT, "DATABASE_NOT_IN_SCOPE"),
    good("scope set openai-prod shop archive --yes"),
    good("scope set openai-prod shop archive --yes", MANUAL, planes=ASTRA),
    good("scope set openai-unheld --none"),
    bad("scope set openai-prod", USAGE, "DATABASES_MISSING"),
]

PLACE_CASES: Final = [
    good("databases list", planes=BOTH),
    good("databases list --credential openai-prod"),
    bad("databases list --credential nobody", NOT_FOUND, "CREDENTIAL_NOT_FOUND"),
    good("databases add fresh --region us-east1 --endpoint http://localhost:8181"),
    good("databases add fresh --id 44444444-4444-4444-8444-444444444444", planes=ASTRA),
    good("databases add shop --region us-east1 --if-exists skip"),
    good("databases add shop --region us-east1 --status PENDING --if-exists update"),
    good("databases add shop --region us-west2"),
    bad("databases add shop --region us-east1", CONFLICT, "DATABASE_EXISTS"),
    bad("databases add fresh", USAGE, "DATABASE_ID_MISSING", planes=ASTRA),
    bad("databases add fresh --endpoint ftp://host", USAGE, "ENDPOINT_INVALID"),
    good("databases show shop", planes=BOTH),
    good("databases show 33333333"),
    bad("databases show shp", NOT_FOUND, "DATABASE_NOT_FOUND"),
    good("databases edit archive --status ACTIVE --name cellar", planes=BOTH),
    bad("databases edit archive", USAGE, "USAGE"),
    bad("databases edit archive --status 'so so'", USAGE, "STATUS_INVALID"),
    good("databases forget archive --yes", planes=BOTH),
    good("databases forget logs --force --confirm logs"),
    good("databases forget nowhere --if-missing skip"),
    bad("databases forget logs --yes", CONFLICT, "DATABASE_IN_USE"),
    good("collections list", planes=BOTH),
    good("collections list --database shop --authentication none"),
    bad("collections list --authentication magic", USAGE, "USAGE"),
    good(f"collections add shop/default/fresh {SERVICE} --credential openai-prod", planes=BOTH),
    good(
        "collections add shop/default/azure --provider azureOpenAI --model text-embedding-3-small --dimension 512"
        " --header --parameter resourceName=name --parameter deploymentId=name"
    ),
    good("collections add shop/default/nvidia --provider nvidia --model NV-Embed-QA"),
    good(f"collections add shop/default/products {SERVICE} --credential openai-prod --if-exists skip"),
    bad(f"collections add archive/default/fresh {SERVICE} --header", CONFLICT, "DATABASE_NOT_ACTIVE"),
    bad(f"collections add shop/default/products {SERVICE} --header", CONFLICT, "COLLECTION_SERVICE_LOCKED"),
    bad("collections add shop", USAGE, "ADDRESS_INVALID"),
    good("collections show shop/default/products", planes=BOTH),
    bad("collections show shop/default/nothing", NOT_FOUND, "COLLECTION_NOT_FOUND"),
    good("collections forget shop/default/products --yes", planes=BOTH),
    good("collections forget shop/default/nothing --if-missing skip"),
    bad("collections forget shop/default/products", INPUT, "CONFIRMATION_REQUIRED"),
    good("tables list", planes=BOTH),
    good("tables list --credential openai-prod"),
    bad("tables list --database nowhere", NOT_FOUND, "DATABASE_NOT_FOUND"),
    good("tables show shop/default/orders.vector", planes=BOTH),
    bad("tables show shop/default/orders.nothing", NOT_FOUND, "COLUMN_NOT_FOUND"),
    good(f"tables attach shop/default/orders.fresh {SERVICE} --header", planes=BOTH),
    good(
        "tables attach shop/default/orders.vector --replace --yes"
        " --provider openai --model text-embedding-3-large --dimension 1536 --credential openai-prod"
    ),
    bad(
        "tables attach shop/default/orders.vector --replace --yes"
        " --provider mistral --model mistral-embed --credential mistral-prod",
        USAGE,
        "DIMENSION_OUT_OF_RANGE",
    ),
    good(f"tables attach shop/default/orders.vector {SERVICE} --header --if-exists skip"),
    bad(f"tables attach shop/default/orders.vector {SERVICE} --header", CONFLICT, "COLUMN_HAS_SERVICE"),
    bad("tables attach shop/default/orders.fresh --provider openai --model none --header", USAGE, "MODEL_UNKNOWN"),
    good("tables detach shop/default/orders.vector --yes", planes=BOTH),
    bad("tables detach shop/default/orders.vector", INPUT, "CONFIRMATION_REQUIRED"),
    good("tables forget shop/default/orders.vector --yes", planes=BOTH),
    good("tables forget shop/default/orders.nothing --if-missing skip"),
    bad("tables forget shop/default/orders.nothing", NOT_FOUND, "COLUMN_NOT_FOUND"),
]

ROTATION_CASES: Final = [
    good("rotations list", planes=BOTH),
    good("rotations list --open"),
    bad("rotations list --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    good("rotations show openai-leaked", planes=BOTH),
    good("rotations show mistral-prod", planes=BOTH),
    bad("rotations show openai-prod", NOT_FOUND, "ROTATION_NOT_FOUND"),
    good("rotations resume openai-leaked", MANUAL, planes=BOTH),
    good("rotations resume openai-leaked --attest revoked --skip-look"),
    good("rotations resume openai-leaked --attest revoked --wait 0", MANUAL),
    good("rotations resume openai-leaked --attest revoked --skip-look", MANUAL, planes=ASTRA),
    good("rotations resume openai-leaked --attest revoked --attest removed --skip-look", OPEN, planes=ASTRA),
    good("rotations resume openai-leaked --secret-stdin --replace-secret", MANUAL, stdin=KEY),
    bad("rotations resume openai-leaked --attest scoped", CONFLICT, "ROTATION_STEP_OUT_OF_ORDER"),
    bad("rotations resume openai-leaked --attest dreamt", USAGE, "USAGE"),
    bad("rotations resume mistral-prod", CONFLICT, "ROTATION_NOT_OPEN"),
    good("rotations rollback openai-leaked --yes", planes=BOTH),
    good("rotations rollback mistral-prod --confirm mistral-prod"),
    good("rotations rollback mistral-prod --confirm mistral-prod", OPEN, planes=ASTRA),
    bad("rotations rollback mistral-prod", INPUT, "CONFIRMATION_REQUIRED"),
    good("revocations list", planes=BOTH),
    good("revocations list --all", before=("revocations done mistral-prod --yes",)),
    bad("revocations list --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    good("revocations done mistral-prod --yes", planes=BOTH),
    good("revocations done mistral-prod --yes --check", providers=STRICT),
    bad("revocations done mistral-prod --yes --check", CONFLICT, "KEY_STILL_ACCEPTED"),
    good("revocations done mistral-prod --revoke --yes", configuration='[rotation.revoke]\nmistral = ["cat"]\n'),
    bad(
        "revocations done mistral-prod --revoke --yes",
        ExitStatus.PROVIDER,
        "REVOKE_FAILED",
        configuration='[rotation.revoke]\nmistral = ["sh", "-c", "cat >&2; exit 1"]\n',
    ),
    bad("revocations done mistral-prod", INPUT, "CONFIRMATION_REQUIRED"),
    bad("revocations done openai-prod --yes", NOT_FOUND, "REVOCATION_NOT_FOUND"),
    good("pending list", planes=BOTH),
    bad("pending list --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    good("pending confirm --all", planes=ASTRA),
    good("pending confirm remove-scope:openai-prod:logs", planes=ASTRA),
    good("pending confirm --all", planes=LOCAL),
    good(
        "pending confirm add-credential:openai-wanted add-scope:openai-wanted:shop --check",
        planes=ASTRA,
        before=AT_SHOP,
    ),
    bad(
        "pending confirm remove-scope:openai-prod:logs --check",
        ExitStatus.ASTRA,
        "NOT_IN_FORCE",
        planes=ASTRA,
        before=("databases edit logs --endpoint <<logs>>",),
    ),
    bad("pending confirm add-scope:openai-wanted:shop", CONFLICT, "PENDING_OUT_OF_ORDER", planes=ASTRA),
    bad("pending confirm", USAGE, "USAGE", planes=BOTH),
    good("pending drop --all --yes", planes=ASTRA),
    good("pending drop --all --yes", planes=LOCAL),
    bad("pending drop add-credential:nobody --yes", NOT_FOUND, "PENDING_NOT_FOUND", planes=ASTRA),
    bad("pending drop", USAGE, "USAGE"),
]

LIVE_CASES: Final = [
    good("probe shop/default/products shop/default/orders.vector", planes=BOTH, before=AT_SHOP),
    good("probe shop/default/products", ExitStatus.PROVIDER, before=AT_SHOP, providers=STRICT),
    bad("probe", USAGE, "ADDRESSES_MISSING"),
    bad("probe shop/default/plain", CONFLICT, "NOTHING_STORED"),
    bad("probe shop/default/products", CONFLICT, "ENDPOINT_MISSING"),
    bad("probe shop/default/products", ExitStatus.AUTH, "TOKEN_MISSING", before=AT_SHOP, variables=NO_TOKEN),
    good("scope check openai-prod shop", planes=BOTH, before=AT_SHOP),
    bad("scope check nobody", NOT_FOUND, "CREDENTIAL_NOT_FOUND"),
    bad("scope check openai-prod shop", ExitStatus.AUTH, "TOKEN_MISSING", before=AT_SHOP, variables=NO_TOKEN),
    good("databases wait shop", planes=ASTRA),
    bad("databases wait archive", NOT_FOUND, "DATABASE_NOT_AT_ASTRA", planes=ASTRA),
    bad("databases wait shop", CONFLICT, "NOT_AT_ASTRA"),
    good(f"collections create shop/default/made {SERVICE} --credential openai-prod", planes=BOTH, before=AT_SHOP),
    good("collections create shop/default/alike --like shop/default/products --header", before=AT_SHOP),
    bad(f"collections create shop/default/products {SERVICE} --header", CONFLICT, "COLLECTION_EXISTS"),
    bad(f"collections create shop/default/made {SERVICE} --header --metric far", USAGE, "USAGE"),
    good(f"tables attach shop/default/orders.sent --send {SERVICE} --header", planes=BOTH, before=AT_SHOP),
    bad(
        f"tables attach shop/default/orders.none --send {SERVICE} --header",
        NOT_FOUND,
        "COLUMN_NOT_FOUND",
        before=AT_SHOP,
    ),
    good(
        "tables detach shop/default/orders.dropped --send --yes",
        before=(*AT_SHOP, f"tables attach shop/default/orders.dropped {SERVICE} --header"),
    ),
]
SUPPORT_CASES: Final = [
    good("support bundle", planes=BOTH),
    good("support bundle --out other.zip --profile nobody"),
    bad("support bundle --out old.zip", CONFLICT, "FILE_EXISTS", files={"old.zip": "an older one"}),
    bad("support bundle --out nowhere/other.zip", USAGE, "FILE_NOT_WRITABLE"),
    bad("support bundle --out -", USAGE, "FILE_NOT_WRITABLE"),
]
UNAUTHORIZED: Final = (
    "Provider 'openai' returned a HTTP client error with HTTP 401; error message: Incorrect API key: <<new>>"
)
TWO_ERRORS: Final = (
    '{"errors":[{"errorCode":"VECTORIZE_CREDENTIAL_INVALID","message":"Invalid credential name: \'openai-prod\'"},'
    '{"errorCode":"EMBEDDING_PROVIDER_RATE_LIMITED","message":"Provider \'mistral\' said <<new>>"}]}'
)
DIAGNOSIS_CASES: Final = [
    good("diagnose", stdin=UNAUTHORIZED, planes=BOTH),
    good("diagnose -", stdin=TWO_ERRORS, planes=BOTH),
    good("diagnose - --database archive", stdin=TWO_ERRORS, planes=BOTH),
    good("diagnose error.txt --exit-code", ExitStatus.PROVIDER, files={"error.txt": UNAUTHORIZED}),
    good("diagnose --text 'Unknown keyspace: the keyspace does not exist' --exit-code", ExitStatus.ASTRA),
    good("diagnose --exit-code", ExitStatus.UNKNOWN_SIDE, stdin="errorCode: <<new>>, token <<openai-prod>> failed"),
    good("diagnose --profile nobody", stdin=UNAUTHORIZED),
    good("diagnose --lines", stdin='{"id": 7, "payload": "insufficient_quota for key <<new>>"}\n', planes=BOTH),
    good("diagnose --follow --dedupe", stdin="12:00:01 ERROR insufficient_quota for key <<new>>\n", planes=BOTH),
    bad("diagnose", USAGE, "PAYLOAD_EMPTY"),
    bad("diagnose nowhere.txt", USAGE, "PAYLOAD_UNREADABLE"),
    bad("diagnose --lines --follow", USAGE, "USAGE"),
    bad("diagnose --dedupe", USAGE, "USAGE", stdin=UNAUTHORIZED),
    bad("diagnose --database nowhere", NOT_FOUND, "DATABASE_NOT_FOUND", stdin=UNAUTHORIZED),
    bad("diagnose", USAGE, "PAYLOAD_NOT_TEXT", stdin="\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10"),
    good("explain embedding_provider_rate_limited"),
    good("explain --all"),
    bad("explain VECTORIZE_CREDENTAL", NOT_FOUND, "CODE_NOT_FOUND"),
    bad("explain", USAGE, "USAGE"),
    bad("explain 'EMBEDDING_PROVIDER_TIMEOUT or EMBEDDING_PROVIDER_RATE_LIMITED'", CONFLICT, "CODE_AMBIGUOUS"),
]

STATE_CASES: Final = [
    good("state path", planes=BOTH),
    bad("state path extra", USAGE, "USAGE"),
    good("state show", planes=BOTH),
    bad("state show --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    good("state check", planes=BOTH),
    good("state check --exit-code"),
    good("state check", CHANGES, before=("databases edit archive --status DREAMING",)),
    good("state check --no-exit-code", before=("databases edit archive --status DREAMING",)),
    bad("state check --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    good("state backups", planes=BOTH),
    bad("state backups extra", USAGE, "USAGE"),
    good("state restore latest --confirm {newest}", planes=BOTH),
    bad("state restore latest --yes", INPUT, "CONFIRMATION_REQUIRED"),
    bad("state restore 9999", NOT_FOUND, "BACKUP_NOT_FOUND"),
    bad("state restore soon", USAGE, "USAGE"),
    good("state merge /dev/null state/vzctl/default/state.toml state/vzctl/default/state.toml", planes=BOTH),
    good("state merge /dev/null state/vzctl/default/state.toml state/vzctl/default/state.toml --dry-run"),
    bad("state merge missing.toml ours.toml theirs.toml", NOT_FOUND, "STATE_NOT_FOUND"),
    bad("state merge one.toml", USAGE, "USAGE"),
    bad(
        "state merge /dev/null state/vzctl/default/state.toml state/vzctl/other/state.toml",
        CONFLICT,
        "STATE_MERGE_CONFLICT",
        before=("init --control-plane local --profile other",),
    ),
    good("diff other", before=("init --control-plane astra --profile other",), planes=BOTH),
    good("diff other --exit-code", CHANGES, before=("init --control-plane astra --profile other",)),
    good("diff state/vzctl/default/state.toml --exit-code"),
    bad("diff nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    bad("diff .x", USAGE, "PROFILE_INVALID"),
    good("state export", planes=BOTH),
    bad("state export --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
]

SECRET_CASES: Final = [
    good("secrets status", planes=BOTH),
    good("secrets status --check", planes=BOTH),
    bad("secrets status --check", USAGE, "CONFIG_INVALID", variables={"VZCTL_SECRET_STORE": "exec"}),
    good("secrets test"),
    bad("secrets test", STORE, "SECRET_STORE_MISSING", variables={"VZCTL_SECRET_STORE": "keyring"}),
    good("secrets identity fresh-identity.txt"),
    bad("secrets identity identity.txt", CONFLICT, "IDENTITY_EXISTS"),
    good("secrets put openai-unheld --secret-stdin", stdin=KEY, planes=BOTH),
    bad("secrets put openai-prod --secret-stdin", CONFLICT, "SECRET_DIFFERS", stdin=KEY),
    bad("secrets put openai-unheld", INPUT, "SECRET_REQUIRED"),
    good("secrets token put --secret-stdin", stdin=KEY, planes=BOTH),
    good(PUT_TOKEN, before=(PUT_TOKEN,)),
    bad("secrets token put", INPUT, "SECRET_REQUIRED"),
    bad(PUT_TOKEN, STORE, "SECRET_STORE_READ_ONLY", variables={"VZCTL_SECRET_STORE": "env"}),
    good("secrets token drop --yes", planes=BOTH, before=(PUT_TOKEN,)),
    bad("secrets token drop --yes", NOT_FOUND, "TOKEN_NOT_STORED"),
    good("secrets status --check", before=(PUT_TOKEN,)),
    bad("secrets reveal openai-prod", INPUT, "TERMINAL_REQUIRED", planes=BOTH),
    bad("secrets reveal openai-prod --which next", USAGE, "USAGE"),
    good(
        "secrets migrate --source env --yes",
        before=("revocations done mistral-prod --yes", "rotations rollback openai-leaked --yes"),
        variables={"PROD_KEY": "<<openai-prod>>", "LEAKED_KEY": "<<openai-leaked>>", "MISTRAL_KEY": "<<mistral-next>>"},
        configuration='[secrets.env]\nopenai-prod = "PROD_KEY"\nopenai-leaked = "LEAKED_KEY"\nmistral-prod = "MISTRAL_KEY"\n',
    ),
    bad("secrets migrate --source file", USAGE, "USAGE"),
    bad("secrets migrate --source exec", USAGE, "CONFIG_INVALID"),
    good("secrets purge", planes=BOTH),
    good("secrets purge --yes", before=("credentials remove openai-prod --keep-secret --confirm openai-prod",)),
    bad("secrets purge --because", USAGE, "USAGE"),
]

SYNC: Final = "sync --from answer.json"
IN_SHOP: Final = f"{SYNC} --database shop --keyspace default"


def answer(*rows: str) -> dict[str, str]:
    """Return the file of an explained answer of `findCollections`."""
    return {"answer.json": f'{{"status": {{"collections": [{", ".join(rows)}]}}}}'}


def seen(name: str, credential: str) -> str:
    """Return a collection as the Data API explains it."""
    key = f'{{"providerKey": "{credential}.providerKey"}}'
    service = f'{{"provider": "openai", "modelName": "text-embedding-3-small", "authentication": {key}}}'
    return f'{{"name": "{name}", "options": {{"vector": {{"dimension": 1536, "service": {service}}}}}}}'


def listed(*databases: tuple[str, str, str]) -> dict[str, str]:
    """Return the file of an answer of the DevOps API: id, name and region of each database."""
    rows = [
        f'{{"id": "{number}", "info": {{"name": "{name}", "region": "{region}"}}, "status": "ACTIVE"}}'
        for number, name, region in databases
    ]
    return {"answer.json": f"[{', '.join(rows)}]"}


PRODUCTS: Final = seen("products", "openai-prod")
SHOP_ROW: Final = ("11111111-1111-4111-8111-111111111111", "shop", "us-east1")
FRESH_ROW: Final = ("44444444-4444-4444-8444-444444444444", "fresh", "eu-west1")

SYNC_CASES: Final = [
    good(f"{IN_SHOP} --yes", planes=BOTH, files=answer(PRODUCTS, seen("fresh", "openai-fresh"))),
    good(f"{IN_SHOP} --yes", files=answer(PRODUCTS, '{"name": "plain", "options": {}}')),
    good(f"{IN_SHOP} --dry-run --exit-code", CHANGES, planes=BOTH, files=answer(PRODUCTS)),
    good(f"{IN_SHOP} --prune --yes", files=answer(seen("products", "mistral-prod"))),
    good(f"{IN_SHOP} --yes", planes=BOTH, files=answer(seen("leak", "openai-leaked"), seen("odd", "two words"))),
    good(f"{IN_SHOP} --yes --only credentials", files=answer(seen("fresh", "openai-fresh"))),
    good(f"{SYNC} --yes", planes=BOTH, files=listed(SHOP_ROW, FRESH_ROW)),
    good(f"{SYNC} --prune --dry-run", files=listed(SHOP_ROW)),
    good(f"{SYNC} --prune --confirm logs", files=listed(FRESH_ROW), before=(f"{SYNC} --other-organization --yes",)),
    good(
        f"{SYNC} --exit-code",
        CHANGES,
        planes=BOTH,
        files={"answer.json": '{"status": {"embeddingProviders": {"openai": {}, "acme": {}}}}'},
    ),
    good(f"{IN_SHOP} --yes", files=answer(seen("<<new>>", "openai-prod"), seen("second", "<<new>>"))),
    good(f"{SYNC} --yes", files=listed(SHOP_ROW, (FRESH_ROW[0], "<<new>>", "<<new>>"))),
    bad(IN_SHOP, INPUT, "CONFIRMATION_REQUIRED", files=answer(PRODUCTS, seen("fresh", "openai-fresh"))),
    bad(f"{SYNC} --yes", USAGE, "PLACE_MISSING", files=answer(PRODUCTS)),
    bad(f"{IN_SHOP} --yes", USAGE, "ANSWER_NOT_EXPLAINED", files=answer('"products"')),
    bad(f"{IN_SHOP} --yes", USAGE, "ANSWER_DUPLICATE", files=answer(PRODUCTS, PRODUCTS)),
    bad(f"{SYNC} --yes", USAGE, "ANSWER_NOT_JSON", files={"answer.json": '[{"id": "<<new>>"'}),
    bad(f"{SYNC} --yes", USAGE, "ANSWER_UNKNOWN", files={"answer.json": '{"<<new>>": "<<new>>"}'}),
    bad(f"{SYNC} --yes", CONFLICT, "OTHER_ORGANIZATION", planes=BOTH, files=listed(FRESH_ROW)),
    bad(SYNC, USAGE, "ANSWER_UNREADABLE"),
    bad("sync answer.json", USAGE, "ANSWERS_MISSING"),
    bad(f"{SYNC} --wake", USAGE, "USAGE", files=listed(SHOP_ROW)),
    good("sync --dry-run", ExitStatus.ASTRA, before=AT_SHOP),
    good("sync --database shop --keyspace default --dry-run", planes=BOTH, before=AT_SHOP),
    bad("sync", ExitStatus.AUTH, "TOKEN_MISSING", planes=BOTH, variables=NO_TOKEN),
    bad("sync --from -", USAGE, "ANSWER_EMPTY"),
]

WRITTEN_BEFORE: Final = ("serve config --database shop --write out",)
TOKEN_MADE: Final = ("databases token create shop --out shop.token",)
SERVICE_CASES: Final = [
    good("databases token list", planes=BOTH),
    good("databases token list shop", before=TOKEN_MADE),
    bad("databases token list nowhere", NOT_FOUND, "DATABASE_NOT_FOUND"),
    good("databases token create shop --out shop.token --note 'the first node'"),
    good("databases token create shop --print"),
    bad("databases token create shop", USAGE, "TOKEN_NEEDS_A_PLACE"),
    bad("databases token create shop --out config", CONFLICT, "FILE_EXISTS"),
    bad("databases token create shop --out nowhere/shop.token", USAGE, "FILE_NOT_WRITABLE"),
    bad("databases token create shop --out shop.token", CONFLICT, "CONTROL_PLANE_NOT_LOCAL", planes=ASTRA),
    good("databases token revoke shop {token} --yes", before=TOKEN_MADE),
    good("databases token revoke shop nothing --if-missing skip", planes=BOTH),
    bad("databases token revoke shop nothing --yes", NOT_FOUND, "TOKEN_NOT_FOUND"),
    bad("databases token revoke shop {token}", INPUT, "CONFIRMATION_REQUIRED", before=TOKEN_MADE),
    good("databases edit shop --certificate-name shop.example --freshness 30s"),
    good("databases edit shop --no-certificate-name --freshness immediate"),
    bad("databases edit shop --freshness soon", USAGE, "FRESHNESS_INVALID"),
    bad("databases edit shop --freshness 8d", USAGE, "FRESHNESS_INVALID"),
    bad("databases edit shop --certificate-name ''", USAGE, "CERTIFICATE_NAME_INVALID"),
    bad("databases edit shop --certificate-name shop.example --no-certificate-name", USAGE, "USAGE"),
    bad(
        "databases edit logs --certificate-name SHOP.example",
        CONFLICT,
        "CERTIFICATE_NAME_TAKEN",
        before=("databases edit shop --certificate-name shop.example",),
    ),
    bad("databases edit shop --freshness 30s", CONFLICT, "CONTROL_PLANE_NOT_LOCAL", planes=ASTRA),
    bad(
        "databases forget archive --yes",
        CONFLICT,
        "DATABASE_IN_USE",
        before=("databases token create archive --print",),
    ),
    bad("serve run", CONFLICT, "CONTROL_PLANE_NOT_LOCAL", planes=ASTRA),
    bad("serve run --bind nowhere", USAGE, "BIND_INVALID"),
    bad("serve run --bind 127.0.0.1:99999", USAGE, "BIND_INVALID"),
    bad("serve run --database nowhere", NOT_FOUND, "DATABASE_NOT_FOUND"),
    bad("serve run --bind 0.0.0.0:0", USAGE, "TLS_REQUIRED"),
    bad("serve run --bind 0.0.0.0:0 --insecure --database shop", USAGE, "DATABASE_BEYOND_LOOPBACK"),
    bad("serve run --tls-cert cert.pem", USAGE, "USAGE"),
    bad("serve run --client-ca ca.pem", USAGE, "USAGE"),
    bad("serve run --tls-cert cert.pem --tls-key key.pem", USAGE, "TLS_INVALID"),
    bad("serve run --profile nobody", NOT_FOUND, "STATE_NOT_FOUND"),
    good("serve config --database shop"),
    good("serve config --database shop --token-file shop.token --freshness 30s", before=TOKEN_MADE),
    good("serve config --database shop --token-file shop.token --write out", before=TOKEN_MADE),
    good("serve config --database shop --format compose --url https://vzctl:8084/v1 --ca /etc/ca.pem"),
    good("serve config --database shop --format kubernetes --client-cert /etc/a.pem --client-key /etc/b.pem"),
    good("serve config --database shop --format systemd --write out"),
    bad("serve config", USAGE, "USAGE"),
    bad("serve config --database nowhere", NOT_FOUND, "DATABASE_NOT_FOUND"),
    bad("serve config --database shop --format yaml", USAGE, "USAGE"),
    bad("serve config --database shop --freshness soon", USAGE, "FRESHNESS_INVALID"),
    bad("serve config --database shop --url http://user:word@host/v1", USAGE, "URL_INVALID"),
    bad("serve config --database shop --ca ca.pem", USAGE, "PATH_INVALID"),
    bad("serve config --database shop --client-cert /etc/a.pem", USAGE, "USAGE"),
    bad(
        "serve config --database archive --token-file shop.token",
        CONFLICT,
        "TOKEN_OF_OTHER_DATABASE",
        before=TOKEN_MADE,
    ),
    bad("serve config --database shop --token-file identity.txt", USAGE, "TOKEN_FILE_INVALID"),
    bad("serve config --database shop --token-file nowhere", USAGE, "TOKEN_FILE_INVALID"),
    bad("serve config --database shop --write out", CONFLICT, "FILE_EXISTS", before=WRITTEN_BEFORE),
    bad("serve config --database shop --write identity.txt", USAGE, "FILE_NOT_WRITABLE"),
    bad("serve config --database shop", CONFLICT, "CONTROL_PLANE_NOT_LOCAL", planes=ASTRA),
    good("serve check --url http://127.0.0.1:1/v1", CHANGES, planes=BOTH),
    good("serve check --url http://127.0.0.1:1/v1 --exit-code", CHANGES),
    good("serve check --url http://127.0.0.1:1/v1 --no-exit-code"),
    good("serve check --url http://127.0.0.1:1/v1 --profile nobody", CHANGES),
    bad("serve check --url ftp://127.0.0.1", USAGE, "URL_INVALID"),
    bad("serve check --token-file nowhere", USAGE, "TOKEN_FILE_INVALID"),
    bad("serve check --url https://127.0.0.1:1/v1 --ca nowhere", USAGE, "TLS_INVALID"),
]

CASES: Final = [
    *ROOT_CASES,
    *SYNC_CASES,
    *CATALOGUE_CASES,
    *CREDENTIAL_CASES,
    *SCOPE_CASES,
    *PLACE_CASES,
    *ROTATION_CASES,
    *LIVE_CASES,
    *SUPPORT_CASES,
    *DIAGNOSIS_CASES,
    *STATE_CASES,
    *SECRET_CASES,
    *SERVICE_CASES,
]
