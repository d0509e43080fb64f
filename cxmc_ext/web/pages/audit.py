"""The audit for administrators: who did what, a hundred lines at a time, and everything as CSV."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping

from flask import Response, request, stream_with_context

from cxmc_ext.domain.operations import AuditAction, AuditGroup, OperationState, kinds_with
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared.audit import AuditEntry, AuditFilter
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.csv_export import escape_formula
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.presentation.render import page_response, render_html
from cxmc_ext.web.request_context import RequestContext


def _kinds(group: AuditGroup) -> Collection[str]:
    return kinds_with(lambda spec: spec.audit_group is group)


# What the filter offers: a name, and the actions it selects.
ACTION_GROUPS: Mapping[str, tuple[str, Collection[str]]] = {
    AuditGroup.CAMPAIGNS: (
        N_("Campaigns"),
        {*_kinds(AuditGroup.CAMPAIGNS), AuditAction.RETRY, AuditAction.UPDATE},
    ),
    AuditGroup.ACCOUNT: (
        N_("Account"),
        {
            *_kinds(AuditGroup.ACCOUNT),
            AuditAction.DEACTIVATE,
            AuditAction.PAUSE,
            AuditAction.RESUME,
            AuditAction.KEY_ROTATION,
        },
    ),
    AuditGroup.PEOPLE: (N_("People"), {*_kinds(AuditGroup.PEOPLE), AuditAction.OPT_OUT}),
    "denied": (N_("Denied"), {AuditAction.DENIED}),
}
_COLUMNS = (
    N_("Time"),
    N_("Action"),
    N_("By"),
    N_("Campaign"),
    N_("Concerns"),
    N_("Details"),
    N_("Outcome"),
)


def show(context: RequestContext) -> Response:
    chosen = _selected_group()
    before = forms.parse_int(request.args.get("before"))
    found = audit.page_of_entries(context.services, _audit_filter(chosen), before)
    html = render_html(
        context,
        "_audit.html",
        entries=found[: audit.PAGE_SIZE],
        has_more=len(found) > audit.PAGE_SIZE,
        is_later_page=before is not None,
        selected_group=chosen,
        person_url=context.services.host.person_url,
        groups={name: text for name, (text, _) in ACTION_GROUPS.items()},
    )
    return page_response(context, context.localizer.gettext("Audit"), html)


def export_csv(context: RequestContext) -> Response:
    lines = audit.all_entries(context.services, _audit_filter(_selected_group()))
    answer = Response(
        stream_with_context(_csv_rows(context.localizer, lines)),
        content_type="text/csv; charset=utf-8",
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def outcome_label(localizer: Localizer, line: AuditEntry) -> str:
    return (
        localizer.gettext(labels.OPERATION_STATES[OperationState(line.outcome)])
        if line.outcome
        else ""
    )


def _selected_group() -> str:
    given = request.args.get("about", "")
    return given if given in ACTION_GROUPS else ""


def _audit_filter(chosen: str) -> AuditFilter:
    return AuditFilter(ACTION_GROUPS[chosen][1]) if chosen else AuditFilter()


def _csv_rows(localizer: Localizer, lines: Iterator[AuditEntry]) -> Iterator[str]:
    yield "\ufeff" + _csv_line([localizer.gettext(name) for name in _COLUMNS])
    for line in lines:
        said = [render_message(localizer, why).text for why in line.problems]
        cells = (
            localizer.to_local(line.at).isoformat(),
            labels.action_label(localizer, line.action),
            line.actor_name,
            line.campaign_title or line.campaign_ref,
            line.subject,
            " ".join([line.note, *said]).strip(),
            outcome_label(localizer, line),
        )
        yield _csv_line([escape_formula(cell) for cell in cells])


def _csv_line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
