"""What `data` is in the JSON of each command, by the command's dotted name. Read by tools and tests, never at run time.

A command without JSON has no type. Batches print a line an item and a total after them, so they have three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from vzctl.render.envelope import BatchTotal
from vzctl.usecases.audit import AuditTrail
from vzctl.usecases.collections.collection import CollectionDetail, CollectionList
from vzctl.usecases.credential_detail import CredentialDetail
from vzctl.usecases.credentials.add_batch import AddedItem
from vzctl.usecases.credentials.find import KeyMatches
from vzctl.usecases.credentials.list import CredentialList
from vzctl.usecases.credentials.remove import Removal
from vzctl.usecases.credentials.rotate import BatchItem
from vzctl.usecases.credentials.verify import KeyTests
from vzctl.usecases.databases.list import DatabaseList
from vzctl.usecases.databases.record import DatabaseDetail
from vzctl.usecases.databases.token import TokenList
from vzctl.usecases.databases.token_create import TokenCreated
from vzctl.usecases.databases.wait import Waited
from vzctl.usecases.diagnosis.code_detail import CodeDetail
from vzctl.usecases.diagnosis.explain import CodeList
from vzctl.usecases.diagnosis.result import Diagnosis
from vzctl.usecases.diff import StateDifferences
from vzctl.usecases.init import Initialized
from vzctl.usecases.integrations.integration import IntegrationChange
from vzctl.usecases.integrations.list import IntegrationList
from vzctl.usecases.integrations.show import IntegrationDetail
from vzctl.usecases.map.nodes import Map
from vzctl.usecases.pending.list import PendingList
from vzctl.usecases.pending.step import PendingChange
from vzctl.usecases.probe import Experiments
from vzctl.usecases.providers.list import ProviderList
from vzctl.usecases.providers.show import ProviderDetail
from vzctl.usecases.revocations.done import RevocationsDone
from vzctl.usecases.revocations.list import RevocationList
from vzctl.usecases.rotations.view import RotationDetail, RotationList, RotationResult
from vzctl.usecases.scope.change import ScopeChange
from vzctl.usecases.scope.check import ScopeObservations
from vzctl.usecases.scope.list import ScopeView
from vzctl.usecases.secrets.identity import Identity
from vzctl.usecases.secrets.migrate import Migration
from vzctl.usecases.secrets.purge import Purged
from vzctl.usecases.secrets.status import SecretsStatus
from vzctl.usecases.secrets.test import StoreTest
from vzctl.usecases.secrets.token import StoredToken
from vzctl.usecases.serve.check import ServiceCheck
from vzctl.usecases.serve.config import ServeConfig
from vzctl.usecases.state.backups import BackupList
from vzctl.usecases.state.check import StateCheck
from vzctl.usecases.state.export import Exported
from vzctl.usecases.state.merge import MergedStates
from vzctl.usecases.state.path import StateLocation
from vzctl.usecases.state.restore import Restored
from vzctl.usecases.state.show import StateSummary
from vzctl.usecases.status import Status
from vzctl.usecases.support.bundle import SupportBundle
from vzctl.usecases.sync.sync import SyncReport
from vzctl.usecases.tables.column import ColumnDetail, ColumnList


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
