"""What the audit records besides operations."""

from enum import StrEnum


class AuditAction(StrEnum):
    """What the audit records besides operations, which appear under their kind."""

    DEACTIVATE = "deactivate"
    PAUSE = "pause"
    RESUME = "resume"
    SEND_ANYWAY = "send_anyway"
    """A campaign was ordered for people over the frequency cap as well."""
    ALLOW_SENDING = "allow_sending"
    RETRY = "retry"
    """“Try again” of an operation that is still waiting."""
    SETTINGS = "settings"
    """A setting of the account was changed."""
    UPDATE = "update"
    KEY_ROTATION = "key_rotation"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    """Somebody subscribed again themselves, so their opt-out ended."""
    ADDRESS_FAILED = "address_failed"
    """Somebody has an address at which mail does not arrive."""
    OPT_OUTS_FORWARDED = "opt_outs_forwarded"
    """Members who opted out in the CRM were archived or unsubscribed at MailChimp."""
    DENIED = "denied"
    """A page or action was requested without the right, or by a form of another site."""


# What is recorded of a person, who is its subject.
PERSON_ACTIONS = frozenset({AuditAction.OPT_OUT, AuditAction.OPT_IN, AuditAction.ADDRESS_FAILED})
