"""Step that begins to build a campaign again, for the people who are left in the CRM."""

from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.sending.campaign_changes import (
    CampaignChanges,
    apply_changes,
    find_changes,
)
from cxmc_ext.usecases.sending.change_counts import count_changes, store_changes
from cxmc_ext.usecases.sending.recipients import (
    exclude_recipients,
    find_late_opt_outs,
    require_recipients,
    update_counts,
)
from cxmc_ext.usecases.sending.segment import delete_remote


def find_campaign_changes(context: MailingContext) -> CampaignChanges:
    """Compares the recipients with the CRM; commits after every chunk of people."""
    return find_changes(context.services, context.mailing, context.commit)


def update_recipients(context: MailingContext) -> str:
    """Step: leaves out whoever left the campaign or opted out, and takes over corrected addresses.

    Draft and segment are deleted first: until then they could be resumed, and they address the others.

    Returns:
        “existing_members” if an address must be looked up in the audience, else “segment”.

    Raises:
        StopOperation: Nobody is left to mail.
    """
    if context.mailing.segment_name:
        delete_remote(context)
    changes = find_campaign_changes(context)
    apply_changes(context, changes)
    exclude_recipients(context, find_late_opt_outs(context))
    update_counts(context)
    mailing = context.mailing
    still_open = CampaignChanges(added=changes.added)
    found = count_changes(context.session, mailing, still_open, context.now)
    store_changes(context.session, mailing.id, found)
    context.commit()
    require_recipients(context)
    mailing = context.mailing
    has_new_address = mailing.in_audience_count < mailing.mailable_count
    return "existing_members" if has_new_address else "segment"
