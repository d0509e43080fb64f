"""MailChimp's own words of an error."""

from cxmc_ext.domain.errors import MailChimpError


def error_text(error: MailChimpError) -> str:
    """Title or detail, and what it says of single fields."""
    fields = "; ".join(f"{name}: {text}" if name else text for name, text in error.fields)
    return " ".join(part for part in (error.detail or error.title, fields) if part)
