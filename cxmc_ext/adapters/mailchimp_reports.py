"""What became of a sent campaign: totals, events per recipient, who left, what was clicked."""

from collections.abc import Iterator

from cxmc_ext.adapters import parse
from cxmc_ext.adapters.endpoints import Endpoints, narrow, page
from cxmc_ext.domain.remote import ActivityPage, Leaver, Report, ReportLine

_LINE = narrow(
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

    def report_lines(self, since_send: int) -> Iterator[ReportLine]:
        query = {"since_send_time": parse.iso(since_send), "fields": _LINE}
        return self._rows("reports", parse.report_line, "/reports", query=query)

    def report(self, remote_id: str) -> Report:
        return self._http.get(
            "/reports/{}",
            remote_id,
            read=parse.whole(parse.report),
            query={"exclude_fields": "_links"},
        )

    def activity_page(self, remote_id: str, offset: int, since: int | None) -> ActivityPage:
        query: dict[str, str | int] = {
            "fields": "emails.email_id,emails.email_address,emails.activity,total_items"
        }
        if since is not None:
            query["since"] = parse.iso(since)
        return self._http.get(
            "/reports/{}/email-activity", remote_id, read=parse.activity, query=page(query, offset)
        )

    def unsubscribed_page(self, remote_id: str, offset: int) -> tuple[Leaver, ...]:
        query = {
            "fields": narrow("unsubscribes", "email_id", "email_address", "timestamp", "reason")
        }
        return self._http.get(
            "/reports/{}/unsubscribed",
            remote_id,
            read=parse.leavers,
            query=page(query, offset),
        )

    def link_clicks(self, remote_id: str) -> tuple[tuple[str, int, int], ...]:
        query = {
            "sort_field": "total_clicks",
            "sort_dir": "DESC",
            "fields": narrow("urls_clicked", "url", "total_clicks", "unique_clicks"),
        }
        found = self._rows(
            "urls_clicked", parse.link, "/reports/{}/click-details", remote_id, query=query
        )
        return tuple(sorted(found, key=lambda link: -link[1]))
