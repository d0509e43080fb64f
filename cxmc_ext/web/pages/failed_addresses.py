"""“Addresses that do not work”: who has them, by owner, page by page and as CSV."""

from collections.abc import Iterator

from flask import Response, request

from cxmc_ext.domain.rules.texts import is_storable
from cxmc_ext.usecases.screens import failed_addresses as screen
from cxmc_ext.usecases.screens.failed_addresses import FailedAddressRow
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.csv_export import csv_response
from cxmc_ext.web.presentation.render import page_response, render_html
from cxmc_ext.web.request_context import RequestContext

_COLUMNS = (
    N_("Name"),
    N_("E-mail address"),
    N_("What happened"),
    N_("Campaign"),
    N_("Owner"),
)
# The value of `owner` that stands for the user's own people.
_MINE = "mine"


def show(context: RequestContext) -> Response:
    """Shows one page; `owner` is an e-mail address, or “mine”, and `before` the last row seen."""
    before = forms.parse_int(request.args.get("before"))
    page = screen.failed_address_page(
        context.services, context.viewer, _selected_owner(context), before
    )
    html = render_html(
        context,
        "_failed_addresses.html",
        page=page,
        own_email=context.viewer.user.email,
        is_later_page=before is not None,
    )
    return page_response(context, context.localizer.gettext("Addresses that do not work"), html)


def export_csv(context: RequestContext) -> Response:
    """Downloads the whole list of the selected owner."""
    localizer = context.localizer
    owner = _selected_owner(context)
    header = [localizer.gettext(column) for column in _COLUMNS]
    header.append(f"{localizer.gettext('Time')} ({localizer.zone.key})")

    def read_rows() -> Iterator[tuple[str, ...]]:
        rows = screen.all_failed_addresses(context.services, context.viewer, owner)
        return _csv_rows(localizer, rows)

    return csv_response(localizer, "addresses.csv", header, read_rows)


def _selected_owner(context: RequestContext) -> str | None:
    owner = request.args.get("owner")
    if owner is None or not is_storable(owner):
        return None
    return context.viewer.user.email if owner == _MINE else owner


def _csv_rows(localizer: Localizer, rows: Iterator[FailedAddressRow]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield (
            row.name,
            row.address,
            localizer.gettext(labels.FAILURE_REASONS[row.reason]),
            row.campaign_title,
            row.owner_name,
            localizer.spreadsheet_time(row.at),
        )
