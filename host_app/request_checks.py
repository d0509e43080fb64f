"""Refuses what no row can hold before a page looks for it: texts with NUL, and ids beyond the column."""

from flask import Flask, abort, request

# PostgreSQL's INTEGER.
MAX_ID = 2**31 - 1


def register(app: Flask) -> None:
    """Check every request to the CRM's own pages; the extension checks its own."""
    app.before_request(_check_request)


def row_id(text: str) -> int:
    """Parse the id in a form, for `type=` of `request.form.get`; what cannot be an id counts as missing."""
    number = int(text)
    if not 0 < number <= MAX_ID:
        raise ValueError("not an id")
    return number


def _check_request() -> None:
    if request.blueprint == "cxmc":
        return
    ids = [value for value in (request.view_args or {}).values() if isinstance(value, int)]
    if any(value > MAX_ID for value in ids):
        abort(404)
    texts = [*request.args.items(multi=True), *request.form.items(multi=True)]
    if any("\0" in name or "\0" in value for name, value in texts):
        abort(400)
