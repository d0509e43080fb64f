"""The MailChimp account of a host."""

from enum import StrEnum

# Name of the account in a host that has only one.
DEFAULT_ACCOUNT = "default"


class AccountState(StrEnum):
    """Whether the extension is activated; says nothing about the API key."""

    INACTIVE = "inactive"
    ACTIVATING = "activating"
    ACTIVE = "active"
    DEACTIVATING = "deactivating"
    """Switched off for everybody; what is scheduled at MailChimp is being unscheduled."""
