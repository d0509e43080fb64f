"""The nouns both worlds share. All times are whole Unix seconds in UTC; nothing here changes once made."""

from enum import StrEnum

# The ref of the one account of a CRM without tenants.
DEFAULT_ACCOUNT = "default"


class AccountState(StrEnum):
    """Activation of the module (not of the key)."""

    INACTIVE = "inactive"
    ACTIVATING = "activating"
    ACTIVE = "active"
