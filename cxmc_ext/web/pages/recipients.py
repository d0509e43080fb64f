"""The recipients page: who is mailed and who is left out, page by page and as CSV."""

import re
from collections.abc import Iterator

from flask import Response, request

from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.usecases.screens import recipients as recipients_screen
from cxmc_ext.usecases.screens.recipients import RecipientFilter, RecipientRow
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.csv_export import csv_response
from cxmc_ext.web.presentation.render import page_response, render_html
from cxmc_ext.web.request_context import RequestContext

_COLUMNS = (N_("Name"), N_("E-mail address"), N_("Result"), N_("Details"), N_("Status"))


def show(context: RequestContext) -> Response:
    """Shows one page of recipients. Filters: `reason` (or `none`, `left`) and `status`."""
    page_number = forms.read_page_number(request.args)
    page = recipients_screen.recipient_page(
        context.services, context.campaign.ref, context.rows, _parse_filter(), page_number
    )
    html = render_html(
        context,
        "_recipients.html",
        recipients=page,
        selected_filter=_selected_filter(),
        first_position=(page_number - 1) * recipients_screen.PAGE_SIZE + 1,
    )
    return page_response(context, context.campaign.title, html)


def export_csv(context: RequestContext) -> Response:
    """Downloads every recipient that the filter selects."""
    recipients = recipients_screen.all_recipients(
        context.services, context.campaign.ref, context.rows, _parse_filter()
    )
    name = re.sub(r"[^A-Za-z0-9]+", "-", context.campaign.title).strip("-") or "campaign"
    header = [context.localizer.gettext(column) for column in _COLUMNS]
    return csv_response(f"{name[:60]}.csv", header, _csv_rows(context.localizer, recipients))


def _csv_rows(
    localizer: Localizer, recipients: Iterator[RecipientRow]
) -> Iterator[tuple[str, ...]]:
    for recipient in recipients:
        status = localizer.gettext(labels.STATUSES[recipient.status])
        reason = recipient.reason
        result = status if reason is None else localizer.gettext(labels.EXCLUSION_REASONS[reason])
        yield recipient.name, recipient.address, result, recipient.detail, status


def _selected_filter() -> dict[str, str]:
    """Returns the filter of the address without unknown values."""
    known_values = {
        "reason": {*ExclusionReason, "none", "left"},
        "status": {status.name.lower() for status in EventStatus},
    }
    given = {name: request.args.get(name, "") for name in known_values}
    return {name: value for name, value in given.items() if value in known_values[name]}


def _parse_filter() -> RecipientFilter:
    selected = _selected_filter()
    reason, status = selected.get("reason", ""), selected.get("status", "")
    return RecipientFilter(
        left_out={"none": False, "left": True}.get(reason, False if status else None),
        reason=ExclusionReason(reason) if reason in set(ExclusionReason) else None,
        status=EventStatus[status.upper()] if status else None,
    )
