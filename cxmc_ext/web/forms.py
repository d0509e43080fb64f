"""What was typed: read as text, kept as text, turned into an order or into what is wrong with it."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import fields
from zoneinfo import ZoneInfo

from flask import Request

from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.schedule_times import parse_local_time
from cxmc_ext.usecases.screens.form import SendForm

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


_DIGITS = re.compile(r"[0-9]{1,15}", re.ASCII)


QUARTER_HOURS = tuple(f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30, 45))


FIELD_BY_ERROR = {"schedule_at": "date"}
"""Errors of a value that has no field of its own stand beside this one."""


def read_send_form(form: Mapping[str, str]) -> SendForm:
    return SendForm(**{one.name: form.get(one.name, "") for one in fields(SendForm)})


def parse_send_order(given: SendForm, zone: ZoneInfo, *, is_scheduled: bool) -> SendOrder:
    """:raises Invalid: for a date and time that are none; everything else the rules judge."""
    at = parse_local_time(given.date, given.time, zone) if is_scheduled else None
    if isinstance(at, Problem):
        raise Invalid({"schedule_at": at})
    return SendOrder(
        subject=given.subject.strip(),
        from_name=given.from_name.strip(),
        from_email=given.from_email.strip(),
        template_id=int(given.template_id) if _DIGITS.fullmatch(given.template_id) else 0,
        schedule_at=at,
    )


def read_nonce(form: Mapping[str, str]) -> str:
    """The press's own name; a form that carries none counts as a press of its own."""
    given = form.get("nonce", "")
    return given if _NONCE.fullmatch(given) else new_nonce()


def new_nonce() -> str:
    return secrets.token_urlsafe(18)


def parse_int(text: str | None) -> int | None:
    return int(text) if text and _DIGITS.fullmatch(text) else None


MAX_BODY_BYTES = 64 * 1024


def is_too_large(given: Request) -> bool:
    """A body that comes without its length is not read either."""
    if given.content_length is None:
        return "Transfer-Encoding" in given.headers
    return given.content_length > MAX_BODY_BYTES
