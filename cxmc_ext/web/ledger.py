"""Who receives it and who not: pages of a hundred, and everybody as CSV."""

import csv
import io
import re
from collections.abc import Iterator

from flask import Response, request, stream_with_context

from cxmc_ext.domain.values import Reason, Status
from cxmc_ext.usecases import screens_people
from cxmc_ext.usecases.screens_people import Filter, Line
from cxmc_ext.web import forms, labels
from cxmc_ext.web.i18n import N_, Speaker
from cxmc_ext.web.render import markup, page
from cxmc_ext.web.visit import Visit

_DEEPEST = 100_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_HEAD = (N_("Name"), N_("E-mail address"), N_("Result"), N_("Details"), N_("Status"))
_CHUNK = 500


def recipients(visit: Visit) -> Response:
    number = min(max(forms.whole(request.args.get("page")) or 1, 1), _DEEPEST)
    found = screens_people.ledger(visit.services, visit.campaign.ref, visit.look, _wanted(), number)
    html = markup(
        visit,
        "_recipients.html",
        ledger=found,
        chosen=_chosen(),
        first=(number - 1) * screens_people.PAGE + 1,
    )
    return page(visit, visit.campaign.title, html)


def table(visit: Visit) -> Response:
    lines = screens_people.everybody(visit.services, visit.campaign.ref, visit.look, _wanted())
    answer = Response(
        stream_with_context(_rows(visit.speaker, lines)), content_type="text/csv; charset=utf-8"
    )
    name = re.sub(r"[^A-Za-z0-9]+", "-", visit.campaign.title).strip("-") or "campaign"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name[:60]}.csv"'
    return answer


def result_of(speaker: Speaker, line: Line) -> str:
    """The one word for a person: why not, or how far the mail came."""
    if line.reason is not None:
        return speaker.say(labels.REASONS[line.reason])
    return speaker.say(labels.STATUSES[line.status])


def safe(cell: str) -> str:
    """A spreadsheet takes such a beginning for a formula; the apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _rows(speaker: Speaker, lines: Iterator[Line]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow([speaker.say(name) for name in _HEAD])
    for count, line in enumerate(lines, 1):
        status = speaker.say(labels.STATUSES[line.status])
        cells = (line.name, line.address, result_of(speaker, line), line.detail, status)
        writer.writerow([safe(cell) for cell in cells])
        if count % _CHUNK == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _chosen() -> dict[str, str]:
    """The filter as the address has it, without what is none."""
    reason, status = request.args.get("reason", ""), request.args.get("status", "")
    known = {"reason": {*Reason, "none", "left"}, "status": {s.name.lower() for s in Status}}
    given = {"reason": reason, "status": status}
    return {name: value for name, value in given.items() if value in known[name]}


def _wanted() -> Filter:
    chosen = _chosen()
    reason, status = chosen.get("reason", ""), chosen.get("status", "")
    return Filter(
        left={"none": False, "left": True}.get(reason, False if status else None),
        reason=Reason(reason) if reason in set(Reason) else None,
        status=Status[status.upper()] if status else None,
    )
