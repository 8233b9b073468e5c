"""What `data` is in the JSON of each command, by the command's dotted name. Read by tools and tests, never at run time.

A command without JSON has no type. Batches print a line an item and a total after them, so they have three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from vzctl.render.envelope import BatchTotal
from vzctl.usecases.add_batch import AddedItem
from vzctl.usecases.astra_token import StoredToken
from vzctl.usecases.audit import AuditTrail
from vzctl.usecases.collection import CollectionDetail, CollectionList
from vzctl.usecases.credential import CredentialDetail, KeyMatches
from vzctl.usecases.database import DatabaseDetail, DatabaseList
from vzctl.usecases.diagnosis import Diagnosis
from vzctl.usecases.diff import StateDifferences
from vzctl.usecases.experiment import Experiments
from vzctl.usecases.explain import CodeDetail, CodeList
from vzctl.usecases.initialize import Initialized
from vzctl.usecases.integration import IntegrationChange, IntegrationDetail, IntegrationList
from vzctl.usecases.list_credentials import CredentialList
from vzctl.usecases.map_nodes import Map
from vzctl.usecases.merge import MergedStates
from vzctl.usecases.pending import PendingChange, PendingList
from vzctl.usecases.provider import ProviderDetail, ProviderList
from vzctl.usecases.remove_credential import Removal
from vzctl.usecases.revocation import RevocationList, RevocationsDone
from vzctl.usecases.rotate import BatchItem
from vzctl.usecases.rotation_view import RotationDetail, RotationList, RotationResult
from vzctl.usecases.scope import ScopeChange, ScopeView
from vzctl.usecases.scope_check import ScopeObservations
from vzctl.usecases.secret_migration import Migration
from vzctl.usecases.secrets import Identity, Purged, SecretsStatus, StoreTest
from vzctl.usecases.serve_check import ServiceCheck
from vzctl.usecases.serve_config import ServeConfig
from vzctl.usecases.service_token import TokenCreated, TokenList
from vzctl.usecases.state import BackupList, Exported, Restored, StateCheck, StateLocation, StateSummary
from vzctl.usecases.status import Status
from vzctl.usecases.support_bundle import SupportBundle
from vzctl.usecases.sync import SyncReport
from vzctl.usecases.table import ColumnDetail, ColumnList
from vzctl.usecases.verify import KeyTests
from vzctl.usecases.wait import Waited


@dataclass(frozen=True, slots=True)
class Text:
    """Text that says nothing about the state: help, a completion script."""

    text: str


@dataclass(frozen=True, slots=True)
class Contract:
    """The types of `data`. `result` is that of the one document; `item` and `total` those of a batch's lines."""

    result: Any
    item: type[Any] | None = None
    total: type[Any] | None = None


CONTRACTS: Final = {
    "init": Contract(Initialized),
    "status": Contract(Status),
    "sync": Contract(SyncReport),
    "map": Contract(Map),
    "diff": Contract(StateDifferences),
    "audit": Contract(AuditTrail),
    "completion": Contract(Text),
    "help": Contract(Text),
    "providers.list": Contract(ProviderList),
    "providers.show": Contract(ProviderDetail),
    "integrations.list": Contract(IntegrationList),
    "integrations.add": Contract(IntegrationChange),
    "integrations.show": Contract(IntegrationDetail),
    "integrations.remove": Contract(IntegrationChange | None),
    "credentials.list": Contract(CredentialList),
    "credentials.add": Contract(CredentialDetail, AddedItem, BatchTotal),
    "credentials.show": Contract(CredentialDetail),
    "credentials.edit": Contract(CredentialDetail),
    "credentials.rotate": Contract(RotationResult, BatchItem, BatchTotal),
    "credentials.find": Contract(KeyMatches),
    "credentials.remove": Contract(Removal | None),
    "credentials.verify": Contract(KeyTests),
    "scope.list": Contract(ScopeView),
    "scope.check": Contract(ScopeObservations),
    "scope.add": Contract(ScopeChange),
    "scope.copy": Contract(ScopeChange),
    "scope.remove": Contract(ScopeChange),
    "scope.set": Contract(ScopeChange),
    "databases.list": Contract(DatabaseList),
    "databases.add": Contract(DatabaseDetail),
    "databases.show": Contract(DatabaseDetail),
    "databases.edit": Contract(DatabaseDetail),
    "databases.wait": Contract(Waited),
    "databases.forget": Contract(DatabaseDetail | None),
    "databases.token.list": Contract(TokenList),
    "databases.token.create": Contract(TokenCreated),
    "databases.token.revoke": Contract(TokenList),
    "collections.list": Contract(CollectionList),
    "collections.add": Contract(CollectionDetail),
    "collections.show": Contract(CollectionDetail),
    "collections.create": Contract(CollectionDetail),
    "collections.forget": Contract(CollectionDetail | None),
    "tables.list": Contract(ColumnList),
    "tables.show": Contract(ColumnDetail),
    "tables.attach": Contract(ColumnDetail),
    "tables.detach": Contract(ColumnDetail),
    "tables.forget": Contract(ColumnDetail | None),
    "rotations.list": Contract(RotationList),
    "rotations.show": Contract(RotationDetail),
    "rotations.resume": Contract(RotationDetail),
    "rotations.rollback": Contract(RotationDetail),
    "revocations.list": Contract(RevocationList),
    "revocations.done": Contract(RevocationsDone),
    "pending.list": Contract(PendingList),
    "pending.confirm": Contract(PendingChange),
    "pending.drop": Contract(PendingChange),
    "probe": Contract(Experiments),
    "diagnose": Contract(Diagnosis),
    "explain": Contract(CodeDetail | CodeList),
    "state.path": Contract(StateLocation),
    "state.show": Contract(StateSummary),
    "state.check": Contract(StateCheck),
    "state.backups": Contract(BackupList),
    "state.restore": Contract(Restored),
    "state.merge": Contract(MergedStates),
    "state.export": Contract(Exported),
    "serve.config": Contract(ServeConfig),
    "serve.check": Contract(ServiceCheck),
    "secrets.status": Contract(SecretsStatus),
    "secrets.test": Contract(StoreTest),
    "secrets.identity": Contract(Identity),
    "secrets.put": Contract(CredentialDetail),
    "secrets.token.put": Contract(StoredToken),
    "secrets.token.drop": Contract(StoredToken),
    "secrets.migrate": Contract(Migration),
    "secrets.purge": Contract(Purged),
    "support.bundle": Contract(SupportBundle),
}
"""In the order of the documentation."""

WITHOUT_JSON: Final = {
    "secrets.reveal": "shows a secret to a person at a terminal, in no other form",
    "serve.run": "serves until it is stopped; its log is JSON lines on stderr",
}
"""Commands that never answer in JSON, and why; their failures are JSON all the same."""
