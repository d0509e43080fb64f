"""The texts about the form itself: when it was saved, and what led back to it."""

from cxmc_ext.domain.form_drafts import FormDraft
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.domain.problems import Message
from cxmc_ext.web.i18n import N_, Localizer

REMOVALS = {
    OperationKind.UNSCHEDULE: N_("Unscheduled. Nothing will be sent."),
    OperationKind.DELETE: N_("Deleted in MailChimp. Nothing will be sent."),
}

BLOCK_OUTDATED = Message(
    N_("The CRM has changed the list “%(title)s”"),
    N_("The mail contains it as it was. Press “Refresh” below the list to take over the changes."),
)
# Why an entry of a list cannot stand in a mail.
BLOCK_FAULTS = {
    "url": N_("Its link is no http or https address. Correct it in the CRM, then press “Refresh”."),
    "html": N_("It contains something that mails cannot show, or is too long."),
    "ref": N_("The CRM does not say which entry it is."),
    "title": N_("It has no title. Add one in the CRM, then press “Refresh”."),
    "many": N_("A mail contains at most 30 entries of a list."),
}


def draft_text(localizer: Localizer, draft: FormDraft | None, user_id: str, now: int) -> str:
    """Says when the form was saved, and by whom if that was somebody else; "" if it never was."""
    if draft is None:
        return ""
    is_today = localizer.date(draft.saved_at) == localizer.date(now)
    time = localizer.time(draft.saved_at) if is_today else localizer.datetime(draft.saved_at)
    if draft.saved_by == user_id:
        return localizer.gettext("Draft saved %(time)s", time=time)
    return localizer.gettext(
        "Draft saved %(time)s by %(name)s", time=time, name=draft.saved_by_name
    )
