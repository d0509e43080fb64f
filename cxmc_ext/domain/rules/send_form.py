"""What the form of the tab accepts, field by field."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import normalize_address
from cxmc_ext.domain.rules.regions import regions_problem
from cxmc_ext.domain.rules.schedule_times import slot_problem

MAX_SUBJECT_LENGTH = 150
# Longer ones are accepted by MailChimp and cut off by every mail program.
MAX_PREVIEW_TEXT_LENGTH = 150
MAX_FROM_NAME_LENGTH = 100
_INVISIBLE_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}


def order_problems(
    order: SendOrder, templates: Sequence[Mapping[str, Any]], now: int
) -> dict[str, Problem]:
    """Checks the form.

    Args:
        order: What was filled in.
        templates: The account's templates as stored: [{id, name, usable}].
        now: The current time.

    Returns:
        The problem of each field that has one; empty when the order is accepted.
    """
    problems = {
        "subject": text_problem("subject", order.subject, MAX_SUBJECT_LENGTH),
        "preview_text": optional_text_problem(
            "preview_text", order.preview_text, MAX_PREVIEW_TEXT_LENGTH
        ),
        "from_name": text_problem("from_name", order.from_name, MAX_FROM_NAME_LENGTH),
        "from_email": None if normalize_address(order.from_email) else Problem("from_email_wrong"),
        "template_id": template_problem(order.template_id, templates),
        "regions": regions_problem(order.regions),
        "schedule_at": None if order.schedule_at is None else slot_problem(order.schedule_at, now),
    }
    return {field: problem for field, problem in problems.items() if problem is not None}


def text_problem(name: str, text: str, max_length: int) -> Problem | None:
    """Checks a text that is required, on one line, and limited in length.

    Args:
        name: Name of the field, with which the problem codes begin.
        text: What was typed.
        max_length: In characters, without blanks around the text.
    """
    if not text.strip():
        return Problem(f"{name}_empty")
    return optional_text_problem(name, text, max_length)


def optional_text_problem(name: str, text: str, max_length: int) -> Problem | None:
    """Checks a text like `text_problem`; it may be empty."""
    if any(unicodedata.category(character) in _INVISIBLE_CATEGORIES for character in text):
        return Problem(f"{name}_control")
    if len(text.strip()) > max_length:
        return Problem(f"{name}_long", values={"longest": str(max_length)})
    return None


def template_problem(template_id: int, templates: Sequence[Mapping[str, Any]]) -> Problem | None:
    """Checks that the template is one of the account, and one that the API can apply."""
    if not template_id:
        return Problem("template_missing")
    template = next((each for each in templates if each["id"] == template_id), None)
    if template is None:
        return Problem("template_unknown")
    if not template["usable"]:
        return Problem("template_unusable", values={"name": template["name"]})
    return None
