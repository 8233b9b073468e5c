"""The one ordered table of rules: the first that holds decides. The strongest evidence stands first."""

from __future__ import annotations

from functools import cache

from vzctl.domain.diagnosis import rules_account as account
from vzctl.domain.diagnosis import rules_astra as vectors
from vzctl.domain.diagnosis import rules_clients as clients
from vzctl.domain.diagnosis import rules_content as content
from vzctl.domain.diagnosis import rules_devops as devops
from vzctl.domain.diagnosis import rules_fallback as fallback
from vzctl.domain.diagnosis import rules_network as network
from vzctl.domain.diagnosis import rules_schema as schema
from vzctl.domain.diagnosis.codes import all_codes
from vzctl.domain.diagnosis.rule import Frame, Rule
from vzctl.domain.diagnosis.rules_codes import REFINED, SELF_EVIDENT, plain
from vzctl.domain.diagnosis.rules_self_hosted import SELF_HOSTED
from vzctl.domain.diagnosis.rules_sentences import SENTENCES, SENTENCES_OF_REQUESTS

_WRITTEN: tuple[Rule, ...] = (
    *SELF_HOSTED,
    *REFINED,
    *vectors.CREDENTIALS,
    *vectors.CATALOGUE,
    *vectors.USAGE,
    *schema.SCHEMA,
    *SENTENCES,
    *schema.REQUESTS,
    *SENTENCES_OF_REQUESTS,
    *schema.BROKEN,
    *network.NETWORK,
    *devops.DEVOPS,
    *clients.DRIVER,
    *clients.TIMEOUTS,
    *clients.CALLERS,
    *account.NAMED_QUOTA,
    *account.SPEED,
    *content.FILTERS,
    *account.MONEY,
    *account.PLACES,
    *account.KEYS,
    *content.SIZES,
    *content.MODELS,
    *content.INPUTS,
    *content.HEALTH,
    *account.LATE_SPEED,
    *clients.HOSTS,
    *fallback.HOST_NAMES,
    *network.RESOLVER,
    *fallback.UNPLACED,
    *fallback.STATUSES,
    *fallback.WORDS,
    *fallback.HOST_ALONE,
    *fallback.LAST,
)


@cache
def rules() -> tuple[Rule, ...]:
    """Return the whole table in its order; the codes that no other rule refines stand at its end."""
    return (*_WRITTEN, *(plain(fact) for fact in all_codes().values()))


@cache
def eligible(frame: Frame, code: str | None) -> tuple[Rule, ...]:
    """Return the rules that can hold for a frame and a code at all, in the order of the table."""
    own = (plain(all_codes()[code]),) if code is not None else ()
    if code in SELF_EVIDENT:
        return own
    return tuple(
        rule
        for rule in (*_WRITTEN, *own)
        if frame in rule.needs.frames and (not rule.needs.codes or code in rule.needs.codes)
    )
