"""Who receives it and who not: pages of a hundred, and everybody as CSV."""

import csv
import io
import re
from collections.abc import Iterator

from flask import Response, request, stream_with_context

from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.usecases.screens import recipients as recipients_screen
from cxmc_ext.usecases.screens.recipients import RecipientFilter, RecipientRow
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.csv_export import escape_formula
from cxmc_ext.web.presentation.render import page_response, render_html
from cxmc_ext.web.request_context import RequestContext

_MAX_PAGE = 100_000


_COLUMNS = (N_("Name"), N_("E-mail address"), N_("Result"), N_("Details"), N_("Status"))


_ROWS_PER_CHUNK = 500


def show(context: RequestContext) -> Response:
    number = min(max(forms.parse_int(request.args.get("page")) or 1, 1), _MAX_PAGE)
    found = recipients_screen.recipient_page(
        context.services, context.campaign.ref, context.rows, _parse_filter(), number
    )
    html = render_html(
        context,
        "_recipients.html",
        recipients=found,
        selected_filter=_selected_filter(),
        first_position=(number - 1) * recipients_screen.PAGE_SIZE + 1,
    )
    return page_response(context, context.campaign.title, html)


def export_csv(context: RequestContext) -> Response:
    lines = recipients_screen.all_recipients(
        context.services, context.campaign.ref, context.rows, _parse_filter()
    )
    answer = Response(
        stream_with_context(_csv_rows(context.localizer, lines)),
        content_type="text/csv; charset=utf-8",
    )
    name = re.sub(r"[^A-Za-z0-9]+", "-", context.campaign.title).strip("-") or "campaign"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name[:60]}.csv"'
    return answer


def result_label(localizer: Localizer, line: RecipientRow) -> str:
    """The one word for a person: why not, or how far the mail came."""
    if line.reason is not None:
        return localizer.gettext(labels.EXCLUSION_REASONS[line.reason])
    return localizer.gettext(labels.STATUSES[line.status])


def _csv_rows(localizer: Localizer, lines: Iterator[RecipientRow]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow([localizer.gettext(name) for name in _COLUMNS])
    for count, line in enumerate(lines, 1):
        status = localizer.gettext(labels.STATUSES[line.status])
        cells = (line.name, line.address, result_label(localizer, line), line.detail, status)
        writer.writerow([escape_formula(cell) for cell in cells])
        if count % _ROWS_PER_CHUNK == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _selected_filter() -> dict[str, str]:
    """The filter as the address has it, without what is none."""
    reason, status = request.args.get("reason", ""), request.args.get("status", "")
    known = {
        "reason": {*ExclusionReason, "none", "left"},
        "status": {s.name.lower() for s in EventStatus},
    }
    given = {"reason": reason, "status": status}
    return {name: value for name, value in given.items() if value in known[name]}


def _parse_filter() -> RecipientFilter:
    chosen = _selected_filter()
    reason, status = chosen.get("reason", ""), chosen.get("status", "")
    return RecipientFilter(
        left_out={"none": False, "left": True}.get(reason, False if status else None),
        reason=ExclusionReason(reason) if reason in set(ExclusionReason) else None,
        status=EventStatus[status.upper()] if status else None,
    )
