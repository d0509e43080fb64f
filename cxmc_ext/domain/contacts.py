"""Contacts at MailChimp: what happens there to people who opted out in the CRM, and to unused contacts."""

from enum import StrEnum

# Seconds without a mailing after which a contact counts as unused.
UNUSED_AFTER = 365 * 86_400


class OptOutForwarding(StrEnum):
    """What happens at MailChimp to members who opted out in the CRM."""

    OFF = "off"
    ARCHIVE = "archive"
    """They are archived: nobody can mail them from MailChimp, and they cost nothing."""
    UNSUBSCRIBE = "unsubscribe"
    """They are unsubscribed: only they themselves can change that."""


class WithdrawalCause(StrEnum):
    """Why we archived or unsubscribed a member."""

    UNUSED = "unused"
    OPT_OUT = "opt_out"
    FORWARDING = "forwarding"
    """For an opt-out, and the call may still be under way."""
    GONE = "gone"
    """We did not: MailChimp said that it does not know the address (404), which may have been a mistake."""
