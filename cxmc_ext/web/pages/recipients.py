"""The recipients page: who is mailed and who is left out, page by page and as CSV."""

import re
from collections.abc import Iterator

from flask import Response, request

from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.people import Right
from cxmc_ext.usecases.screens import recipients as recipients_screen
from cxmc_ext.usecases.screens.recipient_activity import LinkClicks
from cxmc_ext.usecases.screens.recipients import RecipientFilter, RecipientRow
from cxmc_ext.usecases.sending import follow_up
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import exclusions, labels
from cxmc_ext.web.presentation.csv_export import csv_response
from cxmc_ext.web.presentation.render import page_response, render_html
from cxmc_ext.web.request_context import RequestContext

_COLUMNS = (N_("Name"), N_("E-mail address"), N_("Result"), N_("Details"), N_("Status"))
# After the campaign was created. Times get the time zone, because a spreadsheet shows them without one.
_TIME_COLUMNS = (
    (N_("Sent at"), EventStatus.SENT),
    (N_("Bounced at"), EventStatus.BOUNCED),
    (N_("First opened at"), EventStatus.OPENED),
    (N_("First clicked at"), EventStatus.CLICKED),
    (N_("Unsubscribed at"), EventStatus.UNSUBSCRIBED),
)
_TAG = re.compile(r"[A-Z0-9_]{1,10}", re.ASCII)
_LINK_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def show(context: RequestContext) -> Response:
    """Shows one page of recipients. Filters: `reason` (or `none`, `left`), `status`, `link`
    and `blank` (a merge tag)."""
    page_number = forms.read_page_number(request.args)
    page = recipients_screen.recipient_page(
        context.services, context.campaign.ref, context.rows, _parse_filter(), page_number
    )
    html = render_html(
        context,
        "_recipients.html",
        recipients=page,
        selected_filter=_selected_filter(),
        follow_up_group=_follow_up_group(context),
        first_position=(page_number - 1) * recipients_screen.PAGE_SIZE + 1,
    )
    return page_response(context, context.campaign.title, html)


def export_csv(context: RequestContext) -> Response:
    """Downloads every recipient that the filter selects."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", context.campaign.title).strip("-") or "campaign"
    mailing = context.rows.mailing
    is_frozen = recipients_screen.is_frozen(mailing)
    is_reported = recipients_screen.is_reported(mailing)

    def read_rows() -> Iterator[tuple[str, ...]]:
        recipients = recipients_screen.all_recipients(
            context.services, context.campaign.ref, context.rows, _parse_filter()
        )
        return _csv_rows(context.localizer, recipients, is_frozen, is_reported)

    header = _csv_header(context.localizer, is_frozen)
    return csv_response(context.localizer, f"{name[:60]}.csv", header, read_rows)


def _csv_header(localizer: Localizer, is_frozen: bool) -> list[str]:
    header = [localizer.gettext(column) for column in _COLUMNS]
    if not is_frozen:
        return header
    times = [f"{localizer.gettext(name)} ({localizer.zone.key})" for name, _ in _TIME_COLUMNS]
    return [*header, *times, *map(localizer.gettext, (N_("Opens"), N_("Clicks"), N_("Links")))]


def _csv_rows(
    localizer: Localizer,
    recipients: Iterator[RecipientRow],
    is_frozen: bool,
    is_reported: bool,
) -> Iterator[tuple[str, ...]]:
    for recipient in recipients:
        status = labels.status_label(localizer, recipient.status, is_reported)
        reason = recipient.reason
        result, detail = status, recipient.detail
        if reason is not None:
            result = exclusions.exclusion_label(localizer, reason, detail)
            detail = exclusions.exclusion_detail(reason, detail)
        if reason is not None and recipient.status is EventStatus.NONE:
            status = localizer.gettext(N_("Left out"))
        outcome = _outcome_cells(localizer, recipient) if is_frozen else ()
        yield recipient.name, recipient.address, result, detail, status, *outcome


def _outcome_cells(localizer: Localizer, recipient: RecipientRow) -> tuple[str, ...]:
    """What happened to one person; whoever was not mailed has empty cells."""
    done = recipient.activity
    times = (done.of(status).first_at for _, status in _TIME_COLUMNS)
    is_mailed = recipient.status is not EventStatus.NONE
    counts = (done.of(status).count for status in (EventStatus.OPENED, EventStatus.CLICKED))
    return (
        *("" if at is None else localizer.spreadsheet_time(at) for at in times),
        *(str(count) if is_mailed else "" for count in counts),
        " ; ".join(map(_link_cell, done.links)),
    )


def _link_cell(link: LinkClicks) -> str:
    title = f"{link.item_title}: " if link.item_title else ""
    return f"{title}{link.url} ({link.clicks})"


def _follow_up_group(context: RequestContext) -> str:
    """The group of a follow-up with the people on this page; "" where none can be made."""
    link_id = _parse_filter().link_id
    can_follow_up = follow_up.can_follow_up(context.services, context.rows.mailing)
    is_offered = link_id is not None and can_follow_up and context.viewer.may(Right.SEND)
    return follow_up.link_group(link_id) if is_offered and link_id is not None else ""


def _selected_filter() -> dict[str, str]:
    """Returns the filter of the address without unknown values."""
    known_values = {
        "reason": {*ExclusionReason, "none", "left"},
        "status": {status.name.lower() for status in EventStatus},
    }
    given = {name: request.args.get(name, "") for name in known_values}
    selected = {name: value for name, value in given.items() if value in known_values[name]}
    link = request.args.get("link", "")
    blank = request.args.get("blank", "")
    selected |= {"link": link} if _LINK_ID.fullmatch(link) else {}
    return selected | ({"blank": blank} if _TAG.fullmatch(blank) else {})


def _parse_filter() -> RecipientFilter:
    selected = _selected_filter()
    reason, status, link = (selected.get(name, "") for name in ("reason", "status", "link"))
    return RecipientFilter(
        left_out={"none": False, "left": True}.get(reason, False if status or link else None),
        reason=ExclusionReason(reason) if reason in set(ExclusionReason) else None,
        status=EventStatus[status.upper()] if status else None,
        link_id=int(link) if link else None,
        blank=selected.get("blank"),
    )
