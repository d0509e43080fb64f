"""The steps of each kind of operation. Read a table from top to bottom.

A step may return the name of the step to go to; None means the next one of its table. Its name is stored in
the operation's row, so that another worker can go on from there.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from cxmc_ext.db.queries.operations import CLEANED_UP_STEP
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.usecases.accounts import (
    activation,
    audience_fields,
    campaign_import,
    importable_campaigns,
    sender_domains,
    sending_stop,
    unscheduling,
    webhook,
)
from cxmc_ext.usecases.accounts import connection as connection_steps
from cxmc_ext.usecases.accounts import details as account_details
from cxmc_ext.usecases.contacts import archiving, forwarding
from cxmc_ext.usecases.erasure import steps as erasure_steps
from cxmc_ext.usecases.invitations import steps as invitation_steps
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.sending import (
    additions,
    delivery,
    maintenance,
    rebuild,
    removal,
    reschedule,
    resend,
    segment_check,
)
from cxmc_ext.usecases.sending import audience as audience_steps
from cxmc_ext.usecases.sending import draft as draft_steps
from cxmc_ext.usecases.sending import recipients as recipient_steps
from cxmc_ext.usecases.sending import segment as segment_steps
from cxmc_ext.usecases.sending import test_mail as test_mail_steps
from cxmc_ext.usecases.sync import daily_clicks

Step: TypeAlias = Callable[[OperationContext[Any]], str | None]
StepTable: TypeAlias = Mapping[str, Step]

_REBUILD: StepTable = {
    "update_recipients": rebuild.update_recipients,
    "existing_members": audience_steps.check_existing_members,
    "subscribe_new": audience_steps.subscribe_new,
    "segment": segment_steps.build_segment,
    "check_segment": segment_check.check_segment,
    "draft": draft_steps.create_draft,
    "content": draft_steps.set_content,
    "verify": draft_steps.verify_draft,
    "intent": delivery.commit_intent,
    "submit": delivery.submit_campaign,
    "confirm": delivery.confirm_submitted,
}

_BUILD: StepTable = {
    "resume": recipient_steps.resume_point,
    "freeze": recipient_steps.freeze_recipients,
    **_REBUILD,
}

_REMOVE: StepTable = {
    "find": removal.find_campaign,
    "delete": removal.delete_campaign,
    "reset": removal.reset_mailing,
}

_PREPARE_THROWAWAY: StepTable = {
    "segment": test_mail_steps.create_empty_segment,
    "draft": test_mail_steps.create_draft,
    "content": test_mail_steps.set_content,
    "verify": test_mail_steps.verify_no_recipients,
}
_CLEAN_UP_THROWAWAY: StepTable = {
    "clean_up": test_mail_steps.clean_up,
    CLEANED_UP_STEP: test_mail_steps.report_result,
    "report_orphans": test_mail_steps.report_result,
}

STEPS: Mapping[OperationKind, StepTable] = {
    OperationKind.SEND: _BUILD,
    OperationKind.SCHEDULE: _BUILD,
    OperationKind.CHECK: _BUILD,
    OperationKind.LATE_OPT_OUT_CHECK: {
        "check_opt_outs": maintenance.check_late_opt_outs,
        **_REBUILD,
    },
    OperationKind.RESCHEDULE: {
        "set_time": reschedule.set_new_time,
        **_REBUILD,
        "submit": reschedule.submit_or_restore,
        "report": reschedule.report_result,
    },
    OperationKind.ORPHAN_SWEEP: {
        "sweep": maintenance.sweep_orphans,
        "segments": maintenance.delete_used_segments,
    },
    OperationKind.DELETE: _REMOVE,
    OperationKind.UNSCHEDULE: _REMOVE,
    OperationKind.TEST_MAIL: {
        **_PREPARE_THROWAWAY,
        "send": test_mail_steps.send_test,
        **_CLEAN_UP_THROWAWAY,
    },
    OperationKind.PREVIEW: {
        **_PREPARE_THROWAWAY,
        "read": test_mail_steps.read_html,
        **_CLEAN_UP_THROWAWAY,
    },
    OperationKind.ACTIVATE: {
        "opt_out_groups": activation.create_opt_out_groups,
        "webhook": webhook.register,
    },
    OperationKind.DEACTIVATION: {
        "unschedule": unscheduling.unschedule_campaigns,
        "read_drafts": unscheduling.read_drafts,
        "unschedule_found": unscheduling.unschedule_campaigns,
        "webhook": webhook.remove,
    },
    OperationKind.STOP_SENDING: {
        "unschedule": sending_stop.unschedule_campaigns,
        "read_drafts": unscheduling.read_drafts,
        "unschedule_found": sending_stop.unschedule_campaigns,
    },
    OperationKind.CONNECT: {
        "log_in": connection_steps.exchange_login_code,
        "check_key": connection_steps.check_key,
        "audience": connection_steps.find_or_create_audience,
        "merge_fields": audience_fields.add_merge_fields,
        "opt_outs": connection_steps.import_opt_outs,
        "old_webhook": webhook.remove_from_other_account,
        "store": connection_steps.store_connection,
        "webhook": webhook.register,
        "campaigns": importable_campaigns.count_importable,
    },
    OperationKind.REFRESH: {
        "read": account_details.read_details,
        "campaigns": importable_campaigns.count_importable,
    },
    OperationKind.CAMPAIGN_SEARCH: {"campaigns": importable_campaigns.count_importable},
    OperationKind.DAILY_CLICKS: {"clicks": daily_clicks.add_daily_clicks},
    OperationKind.CAMPAIGN_IMPORT: {
        "import": campaign_import.import_campaigns,
        "campaigns": importable_campaigns.count_importable,
        "report": campaign_import.report_result,
    },
    OperationKind.DOMAIN_MAIL: {
        "request_mail": sender_domains.send_verification_mail,
        "read": account_details.read_details,
    },
    OperationKind.DOMAIN_CODE: {
        "verify": sender_domains.verify_domain,
        "read": account_details.read_details,
    },
    OperationKind.RESEND: {"create": resend.create_resend},
    OperationKind.MAIL_ADDITIONS: {"create": additions.create_mailing_to_additions},
    OperationKind.ARCHIVING: {"archive": archiving.archive_unused},
    OperationKind.FORWARDING: {"forward": forwarding.forward_opt_outs},
    OperationKind.INVITATION: {"ask": invitation_steps.ask_for_confirmation},
    OperationKind.ERASURE: {
        "delete": erasure_steps.delete_members,
        "anonymize": erasure_steps.anonymize,
        "repeat": erasure_steps.repeat_if_calls_were_running,
    },
}
