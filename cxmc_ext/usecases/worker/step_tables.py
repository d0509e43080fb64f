"""What each kind of operation does, step by step. Read the tables from top to bottom."""

from collections.abc import Callable, Mapping

from cxmc_ext.db.queries.operations import CLEANED_UP_STEP
from cxmc_ext.domain.operations import THROWAWAY_KINDS, OperationKind, OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.accounts import activation, sender_domains
from cxmc_ext.usecases.accounts import connection as connection_steps
from cxmc_ext.usecases.accounts import details as account_details
from cxmc_ext.usecases.erasure import steps as erasure_steps
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import SENDING_KINDS
from cxmc_ext.usecases.operations.signals import StopOperation, needs_attention
from cxmc_ext.usecases.sending import audience as audience_steps
from cxmc_ext.usecases.sending import delivery, maintenance, removal
from cxmc_ext.usecases.sending import draft as draft_steps
from cxmc_ext.usecases.sending import recipients as recipient_steps
from cxmc_ext.usecases.sending import segment as segment_steps
from cxmc_ext.usecases.sending import test_mail as test_mail_steps

Step = Callable[[OperationContext], str | None]
"""Returns the step to go to, or None for the next one of its table."""
StepTable = Mapping[str, Step]

_BUILD: StepTable = {
    "claim": recipient_steps.resume_point,
    "freeze": recipient_steps.freeze_recipients,
    "members": audience_steps.check_existing_members,
    "push": audience_steps.subscribe_new,
    "segment": segment_steps.build_segment,
    "check_segment": segment_steps.check_segment,
    "draft": draft_steps.create_draft,
    "fill": draft_steps.set_content,
    "verify": draft_steps.verify_draft,
    "intent": delivery.commit_intent,
    "act": delivery.submit_campaign,
    "watch": delivery.confirm_submitted,
}

_GUARD: StepTable = {
    "look": maintenance.check_late_opt_outs,
    **{
        name: step
        for name, step in _BUILD.items()
        if name not in ("claim", "freeze", "members", "push")
    },
}

_REMOVE: StepTable = {
    "find": removal.find_campaign,
    "remove": removal.delete_campaign,
    "free": removal.reset_mailing,
}

_CONNECT: StepTable = {
    "check_key": connection_steps.check_key,
    "audience": connection_steps.find_or_create_audience,
    "fields": connection_steps.add_merge_fields,
    "take": connection_steps.store_connection,
}

_TRIAL: StepTable = {
    "segment": test_mail_steps.create_empty_segment,
    "draft": test_mail_steps.create_draft,
    "fill": test_mail_steps.set_content,
    "look": test_mail_steps.verify_no_recipients,
}
_THROWN_AWAY: StepTable = {
    "clean": test_mail_steps.clean_up,
    CLEANED_UP_STEP: test_mail_steps.report_result,
    "leave": test_mail_steps.report_result,
}

_ERASE: StepTable = {
    "remove": erasure_steps.delete_members,
    "anonymise": erasure_steps.anonymise,
    "settle": erasure_steps.repeat_if_calls_were_running,
}

STEPS: Mapping[str, StepTable] = {
    **dict.fromkeys(SENDING_KINDS, _BUILD),
    OperationKind.LATE_OPT_OUT_CHECK: _GUARD,
    OperationKind.ORPHAN_SWEEP: {"sweep": maintenance.sweep_orphans},
    OperationKind.DELETE: _REMOVE,
    OperationKind.UNSCHEDULE: _REMOVE,
    OperationKind.TEST_MAIL: {**_TRIAL, "mail": test_mail_steps.send_test, **_THROWN_AWAY},
    OperationKind.PREVIEW: {**_TRIAL, "read": test_mail_steps.read_html, **_THROWN_AWAY},
    OperationKind.ACTIVATE: {"groups": activation.create_opt_out_groups},
    OperationKind.CONNECT: _CONNECT,
    OperationKind.REFRESH: {"read": account_details.read_details},
    OperationKind.ERASURE: _ERASE,
    OperationKind.DOMAIN_MAIL: {
        "ask": sender_domains.send_verification_mail,
        "read": account_details.read_details,
    },
    OperationKind.DOMAIN_CODE: {
        "verify": sender_domains.verify_domain,
        "read": account_details.read_details,
    },
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
