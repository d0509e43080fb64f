"""What each kind of operation does, step by step. Read the tables from top to bottom."""

from collections.abc import Callable, Mapping

from cxmc_ext.db.queries.operations import TIDY
from cxmc_ext.domain.values import TRIALS, OperationKind, OperationState, Why
from cxmc_ext.usecases import (
    steps_account,
    steps_audience,
    steps_connect,
    steps_draft,
    steps_erase,
    steps_people,
    steps_remove,
    steps_segment,
    steps_send,
    steps_trial,
    steps_upkeep,
)
from cxmc_ext.usecases.ask import BUILDING
from cxmc_ext.usecases.halt import Halt, attention
from cxmc_ext.usecases.run import Run

Step = Callable[[Run], str | None]
"""Returns the step to go to, or None for the next one of its table."""
Table = Mapping[str, Step]

_BUILD: Table = {
    "claim": steps_people.claim,
    "freeze": steps_people.freeze,
    "members": steps_audience.members,
    "push": steps_audience.push,
    "segment": steps_segment.segment,
    "check_segment": steps_segment.check_segment,
    "draft": steps_draft.draft,
    "fill": steps_draft.fill,
    "verify": steps_draft.verify,
    "intent": steps_send.intent,
    "act": steps_send.act,
    "watch": steps_send.watch,
}

_GUARD: Table = {
    "look": steps_upkeep.look,
    **{
        name: step
        for name, step in _BUILD.items()
        if name not in ("claim", "freeze", "members", "push")
    },
}

_REMOVE: Table = {
    "find": steps_remove.find,
    "remove": steps_remove.remove,
    "free": steps_remove.free,
}

_CONNECT: Table = {
    "check_key": steps_connect.check_key,
    "audience": steps_connect.audience,
    "fields": steps_connect.fields,
    "take": steps_connect.take,
}

_TRIAL: Table = {
    "segment": steps_trial.segment,
    "draft": steps_trial.draft,
    "fill": steps_trial.fill,
    "look": steps_trial.look,
}
_THROWN_AWAY: Table = {
    "clean": steps_trial.clean,
    TIDY: steps_trial.tell,
    "leave": steps_trial.tell,
}

_ERASE: Table = {
    "remove": steps_erase.remove,
    "anonymise": steps_erase.anonymise,
    "settle": steps_erase.settle,
}

STEPS: Mapping[str, Table] = {
    **dict.fromkeys(BUILDING, _BUILD),
    OperationKind.GUARD: _GUARD,
    OperationKind.SWEEP: {"sweep": steps_upkeep.sweep},
    OperationKind.DELETE: _REMOVE,
    OperationKind.UNSCHEDULE: _REMOVE,
    OperationKind.TEST: {**_TRIAL, "mail": steps_trial.mail, **_THROWN_AWAY},
    OperationKind.PREVIEW: {**_TRIAL, "read": steps_trial.read, **_THROWN_AWAY},
    OperationKind.ACTIVATE: {"groups": steps_account.groups},
    OperationKind.CONNECT: _CONNECT,
    OperationKind.REFRESH: {"read": steps_account.read},
    OperationKind.ERASE: _ERASE,
    OperationKind.DOMAIN_MAIL: {"ask": steps_account.ask_domain, "read": steps_account.read},
    OperationKind.DOMAIN_CODE: {"verify": steps_account.verify_domain, "read": steps_account.read},
}


def prologue(run: Run) -> None:
    """What every claim of a mailing's operation makes sure of before its first other call (I10)."""
    run.check_rights()
    operation, account = run.operation, run.account
    if not _concerns_mailchimp(run):
        return
    if account.key_refused:
        raise attention("key_refused")
    if operation.kind in BUILDING:
        _check_campaign(run)
    if run.call(run.api.account).account_id != operation.remote_account:
        raise attention("other_account")


def _concerns_mailchimp(run: Run) -> bool:
    """Removing what never came to MailChimp needs no key; what is done for the account checks its own."""
    if run.operation.mailing_id is None:
        return run.operation.kind in TRIALS
    mailing = run.mailing
    built = mailing.remote_id or mailing.create_intent_at or mailing.segment_name
    return run.operation.kind in BUILDING or bool(built)


def _check_campaign(run: Run) -> None:
    """The one who asked must still see the campaign; once we asked MailChimp, we look to the end."""
    mailing = run.mailing
    actor = run.operation.actor_id or None
    if (
        mailing.intent_at is None
        and run.services.host.campaign(mailing.campaign_ref, actor) is None
    ):
        raise Halt(OperationState.CANCELLED, Why("campaign_gone"))
