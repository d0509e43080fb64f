"""Why people are left out, with the numbers of the frequency cap, and why addresses fail."""

from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.failed_addresses import FailureReason
from cxmc_ext.domain.rules.frequency_cap import FrequencyCap, parse_detail
from cxmc_ext.web.i18n import N_, NN_, Localizer

EXCLUSION_REASONS = {
    ExclusionReason.OPTED_OUT: N_("In the group “MailChimp opt-out”"),
    ExclusionReason.NO_ADDRESS: N_("No e-mail address"),
    ExclusionReason.INVALID_ADDRESS: N_("Not a valid e-mail address"),
    ExclusionReason.UNUSABLE: N_("The CRM's data of this person cannot be used"),
    ExclusionReason.DUPLICATE: N_("Shares an address with another recipient"),
    ExclusionReason.UNSUBSCRIBED: N_("Unsubscribed in MailChimp"),
    ExclusionReason.CLEANED: N_("Bounced before (cleaned in MailChimp)"),
    ExclusionReason.ARCHIVED: N_("Archived in MailChimp (to mail them, restore the contact there)"),
    ExclusionReason.PENDING: N_("Has not confirmed the subscription yet"),
    ExclusionReason.FREQUENCY: N_("Mailed too often lately"),
    ExclusionReason.COMPLIANCE: N_("MailChimp blocks this address"),
    ExclusionReason.REFUSED: N_("Refused by MailChimp"),
    ExclusionReason.FAILING: N_("MailChimp cannot process this address"),
    ExclusionReason.NOT_IN_AUDIENCE: N_("Not accepted into the audience"),
    ExclusionReason.MOVED: N_(
        "Has another address in MailChimp, and may have unsubscribed (enter that address in the CRM)"
    ),
    ExclusionReason.ERASURE: N_("Erased on request"),
    ExclusionReason.REMOVED: N_("No longer in the campaign"),
}

_REACHED = NN_("Mailed %(n)s time in %(days)s", "Mailed %(n)s times in %(days)s")
_DAYS = NN_("%(n)s day", "%(n)s days")


def exclusion_label(localizer: Localizer, reason: ExclusionReason, detail: str) -> str:
    """Returns why somebody is left out, with the numbers of the frequency cap."""
    cap = parse_detail(detail) if reason is ExclusionReason.FREQUENCY else None
    if cap is None:
        return localizer.gettext(EXCLUSION_REASONS[reason])
    return cap_text(localizer, cap)


def cap_text(localizer: Localizer, cap: FrequencyCap) -> str:
    """Returns what somebody has in common who has reached the frequency cap."""
    days = localizer.ngettext(*_DAYS, cap.days)
    return localizer.ngettext(*_REACHED, cap.mailings, days=days)


def exclusion_detail(reason: ExclusionReason, detail: str) -> str:
    """Returns what is shown below the reason: nothing where `exclusion_label` contains it."""
    return "" if reason is ExclusionReason.FREQUENCY else detail


FAILURE_REASONS = {
    FailureReason.HARD_BOUNCE: N_("Mail bounced for good"),
    FailureReason.CLEANED: N_("MailChimp mails this address no more (cleaned)"),
    FailureReason.SOFT_BOUNCES: N_("Mail bounced in several campaigns in a row"),
}
