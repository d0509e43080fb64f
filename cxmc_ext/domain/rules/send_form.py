"""Rules of the form: what may be asked for, field by field."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import normalize_address
from cxmc_ext.domain.rules.schedule_times import slot_problem

MAX_SUBJECT_LENGTH = 150
MAX_FROM_NAME_LENGTH = 100
_INVISIBLE_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}


def order_problems(
    order: SendOrder, templates: Sequence[Mapping[str, Any]], now: int
) -> dict[str, Problem]:
    """Field to what is wrong with it; empty when the order may be carried out.

    :param templates: the account's templates as they are cached, [{id, name, usable}].
    """
    found = {
        "subject": text_problem("subject", order.subject, MAX_SUBJECT_LENGTH),
        "from_name": text_problem("from_name", order.from_name, MAX_FROM_NAME_LENGTH),
        "from_email": None if normalize_address(order.from_email) else Problem("from_email_wrong"),
        "template_id": template_problem(order.template_id, templates),
        "schedule_at": None if order.schedule_at is None else slot_problem(order.schedule_at, now),
    }
    return {name: why for name, why in found.items() if why is not None}


def text_problem(name: str, text: str, longest: int) -> Problem | None:
    """A line of text must be there, on one line and short; codes are `<name>_…`."""
    if not text.strip():
        return Problem(f"{name}_empty")
    if any(unicodedata.category(letter) in _INVISIBLE_CATEGORIES for letter in text):
        return Problem(f"{name}_control")
    if len(text.strip()) > longest:
        return Problem(f"{name}_long", values={"longest": str(longest)})
    return None


def template_problem(template_id: int, templates: Sequence[Mapping[str, Any]]) -> Problem | None:
    """Only a template that was read from the account may be named, and only one the API can apply."""
    if not template_id:
        return Problem("template_missing")
    chosen = next((one for one in templates if one["id"] == template_id), None)
    if chosen is None:
        return Problem("template_unknown")
    return (
        None if chosen["usable"] else Problem("template_unusable", values={"name": chosen["name"]})
    )
