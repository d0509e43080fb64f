"""Reads what a browser sends: the tab's form as typed, the order it makes, nonces and numbers."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, fields
from zoneinfo import ZoneInfo

from flask import Request
from werkzeug.datastructures import MultiDict

from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.schedule_times import parse_local_time
from cxmc_ext.domain.rules.texts import is_storable, number_in, storable_text
from cxmc_ext.usecases.screens.blocks import BlockChange
from cxmc_ext.usecases.screens.form import SendForm
from cxmc_ext.usecases.screens.regions import typed_blocks, typed_regions

MAX_BODY_BYTES = 256 * 1024
QUARTER_HOURS = tuple(f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30, 45))

# The field of the page that shows the error of a value without a field of the same name.
FIELD_BY_ERROR = {
    "schedule_at": "date",
    "email": "domain_email",
    "domain": "domain_code",
    "code": "domain_code",
}

# Pages beyond this would only cost the database time.
_MAX_PAGE = 100_000
# Fields of editable regions begin with this; the region's name follows.
_REGION = "region:"
# The list that is chosen for a region.
_LIST = "list:"
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,15}", re.ASCII)


def read_send_form(form: Mapping[str, str]) -> SendForm:
    """Reads the fields of the tab's form as text; missing fields are empty.

    Characters that cannot be stored are left out, so that a page that repeats the form can be sent again.
    """
    values = {field.name: storable_text(form.get(field.name, "")) for field in fields(SendForm)}
    typed = {
        storable_text(name.removeprefix(_REGION)): storable_text(html)
        for name, html in form.items()
        if name.startswith(_REGION)
    }
    return SendForm(**values | ({"regions": json.dumps(typed)} if typed else {}))


def read_block_change(form: Mapping[str, str]) -> BlockChange:
    """The button of a region that was pressed: “action:position:region”."""
    action, _, rest = form.get("block", "").partition(":")
    position, _, region = rest.partition(":")
    return BlockChange(action, parse_int(position) or 0, region, form.get(f"{_LIST}{region}", ""))


def draft_values(form: SendForm) -> dict[str, str]:
    """What is saved of a form: everything but the search for a template."""
    return {name: text for name, text in asdict(form).items() if name != "template_search"}


def read_draft_version(form: Mapping[str, str]) -> int | None:
    """The version of the draft that the form was rendered with; None to overwrite whatever is saved."""
    return None if form.get("keep") == "yes" else parse_int(form.get("draft_version"))


def unreadable_fields(form: MultiDict[str, str]) -> dict[str, Problem]:
    """The fields of a form with characters that no database can store (NUL), each with its problem."""
    return {
        name: Problem("text_unreadable")
        for name, value in form.items(multi=True)
        if not is_storable(name) or not is_storable(value)
    }


def parse_time(form: SendForm, zone: ZoneInfo) -> int:
    """Turns date and time of the form into Unix seconds.

    Args:
        form: The form as typed.
        zone: The zone of its date and time.

    Raises:
        Invalid: They are not a point in time.
    """
    at = parse_local_time(form.date, form.time, zone)
    if isinstance(at, Problem):
        raise Invalid({"schedule_at": at})
    return at


def parse_send_order(form: SendForm, zone: ZoneInfo, *, is_scheduled: bool) -> SendOrder:
    """Turns the form into an order.

    Args:
        form: The form as typed.
        zone: The zone of its date and time.
        is_scheduled: False ignores date and time.

    Raises:
        Invalid: Date and time are not a point in time. `rules.send_form` checks everything else.
    """
    schedule_at = parse_time(form, zone) if is_scheduled else None
    return SendOrder(
        subject=form.subject.strip(),
        preview_text=form.preview_text.strip(),
        from_name=form.from_name.strip(),
        from_email=form.from_email.strip(),
        template_id=number_in(form.template_id),
        schedule_at=schedule_at,
        ignores_frequency_cap=form.send_anyway == "yes",
        regions=typed_regions(form),
        blocks=typed_blocks(form),
    )


def is_confirmed(form: Mapping[str, str]) -> bool:
    """Whether the user already answered the confirmation (in the dialog, or on its page)."""
    return form.get("confirmed") == "yes"


def read_left_scheduled(form: MultiDict[str, str]) -> list[int]:
    """Ids of the listed campaigns if “Unschedule them first” was unticked."""
    if form.get("unschedule") == "yes":
        return []
    numbers = (parse_int(text) for text in form.getlist("listed"))
    return [number for number in numbers if number is not None]


def read_nonce(form: Mapping[str, str]) -> str:
    """Returns the form's nonce; a form without a valid one counts as a press of its own."""
    nonce = form.get("nonce", "")
    return nonce if _NONCE.fullmatch(nonce) else new_nonce()


def new_nonce() -> str:
    """Creates the nonce of one rendered form: submitting that form twice is one press."""
    return secrets.token_urlsafe(18)


def parse_int(text: str | None) -> int | None:
    """Parses up to 15 ASCII digits; None for anything else."""
    return int(text) if text and _DIGITS.fullmatch(text) else None


def read_page_number(query: Mapping[str, str]) -> int:
    """Returns the parameter `page`, counted from 1; anything invalid is page 1."""
    return min(max(parse_int(query.get("page")) or 1, 1), _MAX_PAGE)


def is_too_large(request: Request, limit: int = MAX_BODY_BYTES) -> bool:
    """Whether the body has more bytes than the limit or hides its length (chunked encoding)."""
    if request.content_length is None:
        return "Transfer-Encoding" in request.headers
    return request.content_length > limit
