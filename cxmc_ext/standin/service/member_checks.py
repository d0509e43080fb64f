"""Which addresses, statuses and merge fields the API accepts for a new member."""

import re
from collections.abc import Callable
from typing import Any

from cxmc_ext.standin.models import Audience, Json, MergeField, subscriber_hash
from cxmc_ext.standin.problems import Problem, bad_request, invalid

# Statuses that the API accepts; it also reports “archived”.
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
# New addresses that start like this are refused, as MailChimp refuses addresses that sign up often.
BUSY_PREFIX = "busy."
_ADDRESS = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@([a-z0-9-]+\.)+[a-z0-9-]{2,}", re.IGNORECASE)
# Domains that MailChimp calls fake (observed 2026-07). Names below .example are left to the demo.
_FAKE_DOMAIN = re.compile(
    r"(.*\.)?(example\.(com|net|org)|test\.com|mailinator\.com)|.*\.(invalid|test|localhost)"
)


def check_address(audience: Audience, address: str) -> None:
    """Checks a new address.

    Raises:
        Problem: MailChimp would refuse the address.
    """
    if not _ADDRESS.fullmatch(address.strip()) or ".." in address:
        text = "Please provide a valid email address."
        raise invalid("email_address", text, text)
    if _FAKE_DOMAIN.fullmatch(address.strip().rpartition("@")[2].lower()):
        text = f"{address} looks fake or invalid, please enter a real email address."
        raise bad_request(text, "Invalid Resource")
    if subscriber_hash(address) in audience.deleted_permanently:
        text = (
            f"{address} was permanently deleted and cannot be re-imported. The contact must "
            "re-subscribe to get back on the list."
        )
        raise bad_request(text, "Forgotten Email Not Subscribed")
    if address.lower().startswith(BUSY_PREFIX):
        text = (
            f"{address} has signed up to a lot of lists very recently; we're not allowing more "
            "signups for now"
        )
        raise bad_request(text, "Invalid Resource")


def check_status(name: str, status: object) -> str:
    """The status, if it is one that the API accepts.

    Args:
        name: The field that the status came from, for the error.
        status: Any JSON value.

    Raises:
        Problem: It is not a status.
    """
    if not isinstance(status, str) or status not in STATUSES:
        raise invalid(name, f"Data did not match any of: {', '.join(STATUSES)}")
    return status


def check_required_fields(audience: Audience, values: Json) -> None:
    """Raises a Problem if a required merge field is empty; `skip_merge_validation` leaves this check out."""
    missing = [
        field for field in audience.merge_fields if field.required and not values.get(field.tag)
    ]
    if missing:
        raise _merge_problem([(field.tag, "Please enter a value") for field in missing])


def check_merge_values(audience: Audience, values: Json) -> None:
    """Raises a Problem if a value does not fit the type of its field. Nothing leaves this check out."""
    fields = {field.tag: field for field in audience.merge_fields}
    given = ((fields[tag], value) for tag, value in values.items() if tag in fields)
    errors = [
        (field.tag, _TYPE_CHECKS[field.type][1])
        for field, value in given
        if value not in ("", None)
        and field.type in _TYPE_CHECKS
        and not _TYPE_CHECKS[field.type][0](field, value)
    ]
    if errors:
        raise _merge_problem(errors)


def _merge_problem(errors: list[tuple[str, str]]) -> Problem:
    rows = [{"field": tag, "message": text} for tag, text in errors]
    return Problem(400, "Invalid Resource", "Your merge fields were invalid.", rows)


def _is_number(field: MergeField, value: Any) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", str(value)) is not None


def _is_date(field: MergeField, value: Any) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}", str(value)) is not None


def _is_address(field: MergeField, value: Any) -> bool:
    return isinstance(value, dict) and all(
        value.get(name) for name in ("addr1", "city", "state", "zip")
    )


def _is_choice(field: MergeField, value: Any) -> bool:
    return value in field.options.get("choices", ())


def _is_url(field: MergeField, value: Any) -> bool:
    return re.match(r"https?://\S+$", str(value)) is not None


_TYPE_CHECKS: dict[str, tuple[Callable[[MergeField, Any], bool], str]] = {
    "number": (_is_number, "Please enter a number"),
    "date": (_is_date, "Please enter a valid date"),
    "address": (_is_address, "Please enter a complete address"),
    "dropdown": (_is_choice, "Please choose one of the options"),
    "radio": (_is_choice, "Please choose one of the options"),
    "url": (_is_url, "Please enter a valid URL"),
    "imageurl": (_is_url, "Please enter a valid URL"),
}
