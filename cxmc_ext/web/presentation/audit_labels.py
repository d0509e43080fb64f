"""What the audit calls each action: by what was asked for, because it is over when somebody reads it."""

from collections.abc import Mapping

from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.operation_kinds import OperationKind
from cxmc_ext.web.i18n import N_, Localizer

AUDIT_LABELS: Mapping[str, str] = {
    OperationKind.SEND: N_("Create and send the campaign"),
    OperationKind.SCHEDULE: N_("Create and schedule the campaign"),
    OperationKind.CHECK: N_("Check the campaign again"),
    OperationKind.LATE_OPT_OUT_CHECK: N_("Check opt-outs before the scheduled time"),
    OperationKind.RESCHEDULE: N_("Change the time of the campaign"),
    OperationKind.UNSCHEDULE: N_("Unschedule the campaign"),
    OperationKind.DELETE: N_("Delete the MailChimp campaign"),
    OperationKind.TEST_MAIL: N_("Send a test mail"),
    OperationKind.PREVIEW: N_("Read the template from MailChimp"),
    OperationKind.ACTIVATE: N_("Set up MailChimp"),
    OperationKind.DEACTIVATION: N_("Deactivate MailChimp"),
    OperationKind.STOP_SENDING: N_("Stop all sending"),
    OperationKind.CONNECT: N_("Connect the MailChimp account"),
    OperationKind.REFRESH: N_("Read templates and domains from MailChimp"),
    OperationKind.DOMAIN_MAIL: N_("Ask MailChimp to mail a verification code"),
    OperationKind.DOMAIN_CODE: N_("Verify the domain"),
    OperationKind.CAMPAIGN_IMPORT: N_("Import campaigns from MailChimp"),
    OperationKind.ORPHAN_SWEEP: N_("Clean up in MailChimp"),
    OperationKind.ARCHIVING: N_("Archive unused contacts"),
    OperationKind.ERASURE: N_("Erase a person"),
    OperationKind.INVITATION: N_("Ask a person whether they want to be mailed again"),
    OperationKind.FOLLOW_UP: N_("Create a new campaign"),
    OperationKind.RESEND: N_("Mail those who did not open it again"),
    OperationKind.MAIL_ADDITIONS: N_("Mail the people added later"),
    AuditAction.UPDATE: N_("Read the latest figures"),
    AuditAction.SETTINGS: N_("Change the settings of the account"),
    AuditAction.DEACTIVATE: N_("Deactivate MailChimp"),
    AuditAction.PAUSE: N_("Pause synchronization"),
    AuditAction.RESUME: N_("Resume synchronization"),
    AuditAction.SEND_ANYWAY: N_("Also mail people over the frequency cap"),
    AuditAction.ALLOW_SENDING: N_("Allow sending again"),
    AuditAction.RETRY: N_("Try again"),
    AuditAction.KEY_ROTATION: N_("Encrypt the key again"),
    AuditAction.OPT_OUT: N_("Opt out a person"),
    AuditAction.OPT_IN: N_("End the opt-out of a person"),
    AuditAction.ADDRESS_FAILED: N_("Mark an address that does not work"),
    AuditAction.OPT_OUTS_FORWARDED: N_("Bring opt-outs to MailChimp"),
    AuditAction.DENIED: N_("Denied access"),
}


def action_label(localizer: Localizer, action: str) -> str:
    """Returns the label of an audited action; one of another release is returned as it is."""
    return localizer.gettext(AUDIT_LABELS[action]) if action in AUDIT_LABELS else action
