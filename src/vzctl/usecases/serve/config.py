"""`serve config`: the settings of one database's Data API, shown without its token or written with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from vzctl.command import NextStep, suggest
from vzctl.domain.catalog.service import freshness_text, parse_freshness, require_local
from vzctl.domain.rules import counted, provider_by_id
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Database
from vzctl.domain.state.service_token import has_token_form, token_digest, token_id
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError
from vzctl.store.atomic import create_new_file, make_private_directory
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.serve.data_api_settings import FORMATS, ConfigFile, DataApiSettings, config_files, has_placeholder
from vzctl.usecases.views import DatabaseRef, database_ref

LOCAL_URL: Final = "http://127.0.0.1:8084/v1"
_LONGEST_TOKEN_FILE: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureDataApi:
    """What the files are to say, in which form, and where they go; `folder` None shows them."""

    reference: str
    form: str = "properties"
    url: str = LOCAL_URL
    freshness: str | None = None
    token_file: str | None = None
    authority: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """The files for one database's Data API. The token is never in what is shown."""

    database: DatabaseRef
    url: str
    freshness_seconds: int
    files: tuple[ConfigFile, ...]

    @property
    def raw_text(self) -> str:
        """What is printed as it is: a file, or several under their names; only the names when they were written."""
        if all(item.written_to is not None for item in self.files):
            return "".join(f"{item.written_to}\n" for item in self.files)
        if len(self.files) == 1:
            return self.files[0].text
        return "\n".join(f"# ---- {item.name}\n{item.text}" for item in self.files)


def configure_data_api(context: Context, request: ConfigureDataApi) -> Outcome[ServeConfig]:
    """Return, or write, everything that has to be set on the Data API of a database."""
    state = context.state_store.read()
    require_local(state, "the credential service")
    database = find_database(state, request.reference)
    if request.form not in FORMATS:
        raise UsageError(f"{request.form[:40]!a} is no format; choose {', '.join(FORMATS)}", code="USAGE")
    if (request.client_certificate is None) != (request.client_key is None):
        raise UsageError("--client-cert and --client-key belong together", code="USAGE")
    seconds = database.freshness_seconds or 0
    if request.freshness is not None:
        seconds = parse_freshness(state, request.freshness)
    token = _token_of(state, database, request.token_file) if request.token_file is not None else None
    is_known_by_token = request.client_certificate is None and bool(state.tokens_of(database.id))
    settings = DataApiSettings(
        database=database.name,
        url=_service_url(request.url),
        providers=_providers(state),
        freshness_seconds=seconds,
        sends_token=token is not None or is_known_by_token,
        token=None,  # what is shown has none
        authority=_path(request.authority),
        client_certificate=_path(request.client_certificate),
        client_key=_path(request.client_key),
    )
    files = config_files(settings, request.form)
    if request.folder is not None:
        written = config_files(replace(settings, token=token), request.form)
        if any(has_placeholder(item) for item in written):
            raise _token_required(state, database)
        files = _write(request.folder, files, written)
    data = ServeConfig(database_ref(Index(state), database.id), settings.url, seconds, files)
    return Outcome(
        data=data,
        summary=(f"wrote {counted(len(files), 'file')}",) if request.folder else (),
        next_steps=_next(state, database, request, seconds),
    )


def read_token(path: str) -> str:
    """Return the token in a file; raise `UsageError` for anything else, without repeating it."""
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            text = file.read(_LONGEST_TOKEN_FILE).decode("ascii", "replace").strip()
    except OSError as error:
        raise UsageError(f'cannot read the token file "{path}": {error.strerror}', code="TOKEN_FILE_INVALID") from error
    if not has_token_form(text):
        raise UsageError(
            f'"{path}" holds no service token',
            code="TOKEN_FILE_INVALID",
            next_steps=(suggest("databases token create", "DB", out="FILE", comment="makes one"),),
        )
    return text


def _token_of(state: State, database: Database, path: str) -> str:
    """Return the token in a file; raise `ConflictError` when the service would not take it for this database's."""
    token = read_token(path)
    index = Index(state)
    name = index.database_name(database.id)
    found = next((item for item in state.service_tokens if item.id == token_id(token)), None)
    if found is None:
        code, reason = "TOKEN_NOT_IN_STATE", "is not in this state: it was revoked, or made for another one"
    elif found.sha256 != token_digest(token).hex():
        code, reason = "TOKEN_DAMAGED", "is damaged: its id is known, the rest is not right"
    elif found.database != database.id:
        code = "TOKEN_OF_OTHER_DATABASE"
        reason = f'is one of the database "{index.database_name(found.database)}", not of "{database.name}"'
    else:
        return token
    raise ConflictError(
        f'the service token in "{path}" {reason}',
        code=code,
        next_steps=(suggest("databases token create", name, out="FILE", comment=f'make one of "{database.name}"'),),
    )


def _token_required(state: State, database: Database) -> UsageError:
    name = Index(state).database_name(database.id)
    return UsageError(
        f'the database "{database.name}" has a service token, and no file is written without it: give --token-file FILE',
        code="TOKEN_FILE_REQUIRED",
        next_steps=(suggest("databases token create", name, out="FILE", comment="if no file has the token"),),
    )


def _providers(state: State) -> tuple[str, ...]:
    """Return the integrations that take credentials: those of Astra itself do not."""
    found = []
    for integration in state.integrations:
        provider = provider_by_id(integration.provider)
        if provider is None or provider.takes_credential:
            found.append(integration.provider)
    return tuple(found)


def _service_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
        parts = urlsplit("")
    if not is_address or parts.username or parts.password or parts.query or parts.fragment or not _is_plain(text):
        raise UsageError(
            "--url is the address of the service as the Data API reaches it, such as http://127.0.0.1:8084/v1, without "
            "user, password, query or fragment: the Data API shows it to its callers when it times out",
            code="URL_INVALID",
        )
    return text.rstrip("/")


def _path(text: str | None) -> str | None:
    if text is not None and not (text.startswith("/") and _is_plain(text)):
        raise UsageError(
            "a certificate's path is the absolute one on the Data API's machine, of letters, digits and - . _ / alone",
            code="PATH_INVALID",
        )
    return text


def _is_plain(text: str) -> bool:
    """Whether a text is the same in a properties file, in YAML and in a unit, without any quoting."""
    return text.isascii() and all(character.isalnum() or character in "-._/:[]" for character in text)


def _write(folder: str, shown: tuple[ConfigFile, ...], written: tuple[ConfigFile, ...]) -> tuple[ConfigFile, ...]:
    place = Path(folder)
    targets = [place / item.name for item in written]
    taken = next((target for target in targets if os.path.lexists(target)), None)
    if taken is not None:
        raise ConflictError(f'"{taken}" exists already; nothing was written', code="FILE_EXISTS")
    try:
        make_private_directory(place)
        for target, item in zip(targets, written, strict=True):
            create_new_file(target, item.text.encode(), mode=item.mode)
    except OSError as error:
        raise UsageError(
            f'cannot write into "{folder}": {error.strerror or error}', code="FILE_NOT_WRITABLE"
        ) from error
    return tuple(replace(item, written_to=str(target)) for item, target in zip(shown, targets, strict=True))


def _next(state: State, database: Database, request: ConfigureDataApi, seconds: int) -> tuple[NextStep, ...]:
    name = Index(state).database_name(database.id)
    steps = []
    if database.freshness_seconds != seconds:
        steps.append(
            suggest(
                "databases edit",
                name,
                freshness=freshness_text(seconds),
                comment="so that a rotation can say when the old key is out of use",
            )
        )
    if request.token_file is None and request.client_certificate is None:
        steps.append(
            suggest("databases token create", name, out="FILE", comment="then again with --token-file FILE")
            if not state.tokens_of(database.id)
            else suggest("serve config", database=name, token_file="FILE", write="DIR", comment="puts the token in")
        )
    steps.append(
        suggest(
            "serve check",
            url=request.url,
            token_file=request.token_file,
            comment="ask the service as the Data API will",
        )
    )
    return tuple(steps)
