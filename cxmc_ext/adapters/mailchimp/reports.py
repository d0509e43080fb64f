"""What became of a sent campaign: totals, events per recipient, who left, what was clicked."""

from collections.abc import Iterator

from cxmc_ext.adapters.mailchimp import parsing
from cxmc_ext.adapters.mailchimp.endpoints import Endpoints, field_list, page_query
from cxmc_ext.domain.mailchimp import ActivityPage, Report, ReportSummary, Unsubscribe

_LINE = field_list(
    "reports",
    "id",
    "send_time",
    "emails_sent",
    "opens",
    "clicks",
    "bounces",
    "unsubscribed",
    "abuse_reports",
)


class ReportEndpoints(Endpoints):
    """Read only."""

    def report_summaries(self, since_send: int) -> Iterator[ReportSummary]:
        query = {"since_send_time": parsing.format_time(since_send), "fields": _LINE}
        return self._rows("reports", parsing.report_line, "/reports", query=query)

    def report(self, remote_id: str) -> Report:
        return self._http.get(
            "/reports/{}",
            remote_id,
            parse=parsing.single(parsing.report),
            query={"exclude_fields": "_links"},
        )

    def activity_page(self, remote_id: str, offset: int, since: int | None) -> ActivityPage:
        query: dict[str, str | int] = {
            "fields": "emails.email_id,emails.email_address,emails.activity,total_items"
        }
        if since is not None:
            query["since"] = parsing.format_time(since)
        return self._http.get(
            "/reports/{}/email-activity",
            remote_id,
            parse=parsing.activity,
            query=page_query(query, offset),
        )

    def unsubscribes_page(self, remote_id: str, offset: int) -> tuple[Unsubscribe, ...]:
        query = {
            "fields": field_list("unsubscribes", "email_id", "email_address", "timestamp", "reason")
        }
        return self._http.get(
            "/reports/{}/unsubscribed",
            remote_id,
            parse=parsing.unsubscribes,
            query=page_query(query, offset),
        )

    def link_clicks(self, remote_id: str) -> tuple[tuple[str, int, int], ...]:
        query = {
            "sort_field": "total_clicks",
            "sort_dir": "DESC",
            "fields": field_list("urls_clicked", "url", "total_clicks", "unique_clicks"),
        }
        found = self._rows(
            "urls_clicked", parsing.link, "/reports/{}/click-details", remote_id, query=query
        )
        return tuple(sorted(found, key=lambda link: -link[1]))
