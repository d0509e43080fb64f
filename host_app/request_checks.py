"""Refuses what no row can hold before a page looks for it: texts with NUL, and ids beyond the column."""

import re

from flask import Flask, abort, request

# PostgreSQL's INTEGER.
MAX_ID = 2**31 - 1


def register(app: Flask) -> None:
    """Checks every request to the CRM's own pages; the extension checks its own."""
    app.before_request(_check_request)


def row_id(text: str) -> int:
    """Parses an id, for `type=` of `request.form.get`; what cannot be an id counts as missing.

    Raises:
        ValueError: It is no whole number from 1 to MAX_ID.
    """
    # Longer texts are not even read: Python refuses more than 4,300 digits, others are too large.
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or not 0 < int(text) <= MAX_ID:
        raise ValueError("not an id")
    return int(text)


def _check_request() -> None:
    if request.blueprint == "cxmc":
        return
    ids = [value for value in (request.view_args or {}).values() if isinstance(value, int)]
    if any(value > MAX_ID for value in ids):
        abort(404)
    texts = [*request.args.items(multi=True), *request.form.items(multi=True)]
    if any("\0" in name or "\0" in value for name, value in texts):
        abort(400)
