"""The audit for administrators: who did what, page by page, and all of it as CSV."""

from collections.abc import Collection, Iterator, Mapping

from flask import Response, request

from cxmc_ext.domain.audit_actions import PERSON_ACTIONS, AuditAction
from cxmc_ext.domain.operations import AuditGroup, OperationState, kinds_with
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared.audit import AuditEntry, AuditFilter
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.csv_export import csv_response
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
            AuditAction.ALLOW_SENDING,
            AuditAction.KEY_ROTATION,
        },
    ),
    AuditGroup.PEOPLE: (N_("People"), {*_kinds(AuditGroup.PEOPLE), *PERSON_ACTIONS}),
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
    """Shows one page of entries, newest first; `before` continues after the last entry shown."""
    group = _selected_group()
    before = forms.parse_int(request.args.get("before"))
    entries = audit.page_of_entries(context.services, _audit_filter(group), before)
    html = render_html(
        context,
        "_audit.html",
        entries=entries[: audit.PAGE_SIZE],
        has_more=len(entries) > audit.PAGE_SIZE,
        is_later_page=before is not None,
        selected_group=group,
        person_url=context.services.host.person_url,
        groups={name: text for name, (text, _) in ACTION_GROUPS.items()},
    )
    return page_response(context, context.localizer.gettext("Audit"), html)


def export_csv(context: RequestContext) -> Response:
    """Downloads every entry of the selected group."""
    localizer = context.localizer
    audit_filter = _audit_filter(_selected_group())
    header = [localizer.gettext(name) for name in _COLUMNS]

    def read_rows() -> Iterator[tuple[str, ...]]:
        return _csv_rows(localizer, audit.all_entries(context.services, audit_filter))

    return csv_response(localizer, "audit.csv", header, read_rows)


def _outcome_label(localizer: Localizer, entry: AuditEntry) -> str:
    if not entry.outcome:
        return ""
    return localizer.gettext(labels.OPERATION_STATES[OperationState(entry.outcome)])


def _selected_group() -> str:
    group = request.args.get("about", "")
    return group if group in ACTION_GROUPS else ""


def _audit_filter(group: str) -> AuditFilter:
    return AuditFilter(ACTION_GROUPS[group][1]) if group else AuditFilter()


def _csv_rows(localizer: Localizer, entries: Iterator[AuditEntry]) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        problems = [render_message(localizer, problem).text for problem in entry.problems]
        yield (
            localizer.to_local(entry.at).isoformat(),
            labels.action_label(localizer, entry.action),
            entry.actor_name,
            entry.campaign_title or entry.campaign_ref,
            entry.subject,
            " ".join([entry.note, *problems]).strip(),
            _outcome_label(localizer, entry),
        )
