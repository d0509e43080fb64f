"""What each kind of operation does, step by step. Read the tables from top to bottom."""

from collections.abc import Callable, Mapping

from cxmc_ext.db.queries.operations import CLEANED_UP_STEP
from cxmc_ext.domain.values import THROWAWAY_KINDS, OperationKind, OperationState, Problem
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
from cxmc_ext.usecases.ask import SENDING_KINDS
from cxmc_ext.usecases.halt import StopOperation, needs_attention
from cxmc_ext.usecases.run import OperationContext

Step = Callable[[OperationContext], str | None]
"""Returns the step to go to, or None for the next one of its table."""
StepTable = Mapping[str, Step]

_BUILD: StepTable = {
    "claim": steps_people.resume_point,
    "freeze": steps_people.freeze_recipients,
    "members": steps_audience.check_existing_members,
    "push": steps_audience.subscribe_new,
    "segment": steps_segment.build_segment,
    "check_segment": steps_segment.check_segment,
    "draft": steps_draft.create_draft,
    "fill": steps_draft.set_content,
    "verify": steps_draft.verify_draft,
    "intent": steps_send.commit_intent,
    "act": steps_send.submit_campaign,
    "watch": steps_send.confirm_submitted,
}

_GUARD: StepTable = {
    "look": steps_upkeep.check_late_opt_outs,
    **{
        name: step
        for name, step in _BUILD.items()
        if name not in ("claim", "freeze", "members", "push")
    },
}

_REMOVE: StepTable = {
    "find": steps_remove.find_campaign,
    "remove": steps_remove.delete_campaign,
    "free": steps_remove.reset_mailing,
}

_CONNECT: StepTable = {
    "check_key": steps_connect.check_key,
    "audience": steps_connect.find_or_create_audience,
    "fields": steps_connect.add_merge_fields,
    "take": steps_connect.store_connection,
}

_TRIAL: StepTable = {
    "segment": steps_trial.create_empty_segment,
    "draft": steps_trial.create_draft,
    "fill": steps_trial.set_content,
    "look": steps_trial.verify_no_recipients,
}
_THROWN_AWAY: StepTable = {
    "clean": steps_trial.clean_up,
    CLEANED_UP_STEP: steps_trial.report_result,
    "leave": steps_trial.report_result,
}

_ERASE: StepTable = {
    "remove": steps_erase.delete_members,
    "anonymise": steps_erase.anonymise,
    "settle": steps_erase.repeat_if_calls_were_running,
}

STEPS: Mapping[str, StepTable] = {
    **dict.fromkeys(SENDING_KINDS, _BUILD),
    OperationKind.LATE_OPT_OUT_CHECK: _GUARD,
    OperationKind.ORPHAN_SWEEP: {"sweep": steps_upkeep.sweep_orphans},
    OperationKind.DELETE: _REMOVE,
    OperationKind.UNSCHEDULE: _REMOVE,
    OperationKind.TEST_MAIL: {**_TRIAL, "mail": steps_trial.send_test, **_THROWN_AWAY},
    OperationKind.PREVIEW: {**_TRIAL, "read": steps_trial.read_html, **_THROWN_AWAY},
    OperationKind.ACTIVATE: {"groups": steps_account.create_opt_out_groups},
    OperationKind.CONNECT: _CONNECT,
    OperationKind.REFRESH: {"read": steps_account.read_details},
    OperationKind.ERASURE: _ERASE,
    OperationKind.DOMAIN_MAIL: {"ask": steps_account.send_verification_mail, "read": steps_account.read_details},
    OperationKind.DOMAIN_CODE: {"verify": steps_account.verify_domain, "read": steps_account.read_details},
}


def check_preconditions(run: OperationContext) -> None:
    """What every claim of a mailing's operation makes sure of before its first other call (I10)."""
    run.check_rights()
    operation, account = run.operation, run.account
    if not _concerns_mailchimp(run):
        return
    if account.key_refused:
        raise needs_attention("key_refused")
    if operation.kind in SENDING_KINDS:
        _check_campaign(run)
    if run.call(run.api.account).account_id != operation.remote_account_id:
        raise needs_attention("other_account")


def _concerns_mailchimp(run: OperationContext) -> bool:
    """Removing what never came to MailChimp needs no key; what is done for the account checks its own."""
    if run.operation.mailing_id is None:
        return run.operation.kind in THROWAWAY_KINDS
    mailing = run.mailing
    built = mailing.remote_id or mailing.create_intent_at or mailing.segment_name
    return run.operation.kind in SENDING_KINDS or bool(built)


def _check_campaign(run: OperationContext) -> None:
    """The one who asked must still see the campaign; once we asked MailChimp, we look to the end."""
    mailing = run.mailing
    actor = run.operation.actor_id or None
    if (
        mailing.send_intent_at is None
        and run.services.host.campaign(mailing.campaign_ref, actor) is None
    ):
        raise StopOperation(OperationState.CANCELLED, Problem("campaign_gone"))
