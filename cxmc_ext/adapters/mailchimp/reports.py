"""Endpoints for reports: totals, events per recipient, unsubscribes and clicked links."""

from collections.abc import Iterator, Mapping

from cxmc_ext.adapters.mailchimp import report_parsing, sent_parsing
from cxmc_ext.adapters.mailchimp.answers import collection, single
from cxmc_ext.adapters.mailchimp.endpoints import Endpoints, field_list, page_query
from cxmc_ext.adapters.mailchimp.json_fields import format_time
from cxmc_ext.domain.mailchimp import ActivityPage, Page, Report, ReportSummary, Unsubscribe
from cxmc_ext.domain.sent_campaigns import SentCampaign, SentRecipient

_SUMMARY_FIELDS = field_list(
    "reports",
    "id",
    "send_time",
    "emails_sent",
    "opens",
    "clicks",
    "bounces",
    "unsubscribed",
    "abuse_reports",
    "list_stats",
)
_SENT_FIELDS = field_list(
    "campaigns",
    "id",
    "web_id",
    "type",
    "status",
    "create_time",
    "send_time",
    "emails_sent",
    "recipients.list_id",
    "settings.title",
    "settings.subject_line",
    "settings.preview_text",
    "settings.from_name",
    "settings.reply_to",
)
_ACTIVITY_FIELDS = "emails.email_id,emails.email_address,emails.activity,total_items"


class ReportEndpoints(Endpoints):
    """The part of the client that reads what happened after sending."""

    def report_summaries(self, since_send: int) -> Iterator[ReportSummary]:
        """`GET /reports`"""
        query = {"since_send_time": format_time(since_send), "fields": _SUMMARY_FIELDS}
        return self._all_rows("reports", report_parsing.report_summary, "/reports", query=query)

    def report(self, remote_id: str) -> Report:
        """`GET /reports/{remote_id}`"""
        return self._http.get(
            "/reports/{}",
            remote_id,
            parse=single(report_parsing.report),
            query={"exclude_fields": "_links"},
        )

    def activity_page(self, remote_id: str, offset: int, since: int | None) -> ActivityPage:
        """`GET /reports/{remote_id}/email-activity`"""
        # `since` filters events, not rows: everybody is listed, whatever happened (observed 2026-07).
        return self._activity_page(
            remote_id, offset, {} if since is None else {"since": format_time(since)}
        )

    def human_activity_page(self, remote_id: str, offset: int) -> ActivityPage:
        """`GET /reports/{remote_id}/email-activity`"""
        return self._activity_page(remote_id, offset, {"filter_bots": "true"})

    def _activity_page(
        self, remote_id: str, offset: int, filters: Mapping[str, str]
    ) -> ActivityPage:
        return self._http.get(
            "/reports/{}/email-activity",
            remote_id,
            parse=report_parsing.activity,
            query=page_query({"fields": _ACTIVITY_FIELDS, **filters}, offset),
        )

    def unsubscribes_page(self, remote_id: str, offset: int) -> Page[Unsubscribe]:
        """`GET /reports/{remote_id}/unsubscribed`"""
        query = {
            "fields": field_list("unsubscribes", "email_id", "email_address", "timestamp", "reason")
        }
        return self._http.get(
            "/reports/{}/unsubscribed",
            remote_id,
            parse=report_parsing.unsubscribes,
            query=page_query(query, offset),
        )

    def complaints(self, remote_id: str) -> Page[Unsubscribe]:
        """`GET /reports/{remote_id}/abuse-reports`"""
        query = {"fields": field_list("abuse_reports", "email_id", "email_address", "date")}
        return self._http.get(
            "/reports/{}/abuse-reports",
            remote_id,
            parse=report_parsing.complaints,
            query=query,
        )

    def audience_complaints(self, list_id: str) -> Iterator[Unsubscribe]:
        """`GET /lists/{list_id}/abuse-reports`"""
        name = "abuse_reports"
        query = {"fields": field_list(name, "email_id", "email_address", "date")}
        parse, route = report_parsing.complaint, "/lists/{}/abuse-reports"
        return self._all_rows(name, parse, route, list_id, query=query)

    def link_clicks(self, remote_id: str) -> tuple[tuple[str, int, int], ...]:
        """`GET /reports/{remote_id}/click-details`"""
        query = {
            "sort_field": "total_clicks",
            "sort_dir": "DESC",
            "fields": field_list("urls_clicked", "url", "total_clicks", "unique_clicks"),
        }
        links = self._all_rows(
            "urls_clicked", report_parsing.link, "/reports/{}/click-details", remote_id, query=query
        )
        return tuple(sorted(links, key=lambda link: -link[1]))

    def sent_campaigns_page(self, offset: int) -> Page[SentCampaign]:
        """`GET /campaigns`"""
        query = {
            "type": "regular",
            "status": "sent",
            "sort_field": "send_time",
            "sort_dir": "ASC",  # so that what is sent meanwhile moves nothing to another page
            "fields": _SENT_FIELDS,
        }
        return self._http.get(
            "/campaigns", parse=sent_parsing.sent_campaigns, query=page_query(query, offset)
        )

    def sent_to_page(self, remote_id: str, offset: int) -> Page[SentRecipient]:
        """`GET /reports/{remote_id}/sent-to`"""
        query = {"fields": field_list("sent_to", "email_address", "merge_fields")}
        return self._http.get(
            "/reports/{}/sent-to",
            remote_id,
            parse=collection("sent_to", sent_parsing.sent_recipient),
            query=page_query(query, offset),
        )
