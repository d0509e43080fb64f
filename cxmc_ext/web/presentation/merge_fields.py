"""The names of merge fields."""

from cxmc_ext.web.i18n import N_, Localizer

# The name that MailChimp shows for each built-in merge field.
_BUILT_IN = {
    "FNAME": N_("First Name"),
    "LNAME": N_("Last Name"),
    "PREFIX": N_("Last Name Prefix"),
    "OWNERNAME": N_("Owner Name"),
    "OWNERMAIL": N_("Owner Email"),
    "EMAIL": N_("Email Address"),
}


def field_name(localizer: Localizer, source: str, name: str) -> str:
    """The name of a merge field: translated if it is one of every Host, else as the Host calls it."""
    return localizer.gettext(_BUILT_IN[source]) if source in _BUILT_IN else name
