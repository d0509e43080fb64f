"""Rules of the form: what may be asked for, field by field."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from cxmc_ext.domain.rules.addresses import normalise
from cxmc_ext.domain.rules.times import slot_trouble
from cxmc_ext.domain.values import Order, Why

SUBJECT_LENGTH = 150
NAME_LENGTH = 100
_HIDDEN = {"Cc", "Cs", "Zl", "Zp"}


def order_trouble(order: Order, templates: Sequence[Mapping[str, Any]], now: int) -> dict[str, Why]:
    """Field to what is wrong with it; empty when the order may be carried out.

    :param templates: the account's templates as they are cached, [{id, name, usable}].
    """
    found = {
        "subject": text_trouble("subject", order.subject, SUBJECT_LENGTH),
        "from_name": text_trouble("from_name", order.from_name, NAME_LENGTH),
        "from_email": None if normalise(order.from_email) else Why("from_email_wrong"),
        "template_id": template_trouble(order.template_id, templates),
        "schedule_at": None if order.schedule_at is None else slot_trouble(order.schedule_at, now),
    }
    return {name: why for name, why in found.items() if why is not None}


def text_trouble(name: str, text: str, longest: int) -> Why | None:
    """A line of text must be there, on one line and short; codes are `<name>_…`."""
    if not text.strip():
        return Why(f"{name}_empty")
    if any(unicodedata.category(letter) in _HIDDEN for letter in text):
        return Why(f"{name}_control")
    if len(text.strip()) > longest:
        return Why(f"{name}_long", values={"longest": str(longest)})
    return None


def template_trouble(template_id: int, templates: Sequence[Mapping[str, Any]]) -> Why | None:
    """Only a template that was read from the account may be named, and only one the API can apply."""
    if not template_id:
        return Why("template_missing")
    chosen = next((one for one in templates if one["id"] == template_id), None)
    if chosen is None:
        return Why("template_unknown")
    return None if chosen["usable"] else Why("template_unusable", values={"name": chosen["name"]})
