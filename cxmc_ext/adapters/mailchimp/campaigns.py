"""Endpoints for campaigns, from draft to delivery."""

from collections.abc import Mapping, Sequence
from typing import Any

from cxmc_ext.adapters.mailchimp import parsing
from cxmc_ext.adapters.mailchimp.answers import collection, ignore_body, single
from cxmc_ext.adapters.mailchimp.endpoints import Endpoints, field_list, page_query
from cxmc_ext.adapters.mailchimp.http_session import expect_no_content
from cxmc_ext.adapters.mailchimp.json_fields import format_time
from cxmc_ext.domain.errors import Refused
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import Checklist, Draft, RemoteCampaign
from cxmc_ext.domain.ports.mailchimp_content import NO_REGIONS
from cxmc_ext.domain.rules.texts import cut_to_bytes

# MailChimp refuses a longer name for Google Analytics.
_MAX_SLUG_BYTES = 50
_CAMPAIGN = (
    "id",
    "web_id",
    "status",
    "create_time",
    "send_time",
    "emails_sent",
    "recipients.list_id",
    "recipients.recipient_count",
    "recipients.segment_opts",
    "settings.title",
    "settings.subject_line",
    "settings.preview_text",
    "settings.template_id",
)


class CampaignEndpoints(Endpoints):
    """The part of the client that builds, sends and deletes campaigns.

    MailChimp has no idempotency keys: after `Unknown` read the campaign before repeating anything.
    """

    def recent_campaigns(self, since: int) -> tuple[RemoteCampaign, ...]:
        """`GET /campaigns`"""
        query = {
            "since_create_time": format_time(since),
            "sort_field": "create_time",
            "sort_dir": "DESC",
            "fields": field_list("campaigns", *_CAMPAIGN),
        }
        return self._http.get(
            "/campaigns",
            parse=collection("campaigns", parsing.campaign),
            query=page_query(query, 0),
        )

    def create_campaign(self, draft: Draft) -> RemoteCampaign:
        """`POST /campaigns`"""
        settings = {
            "title": draft.title,
            "subject_line": draft.subject,
            "preview_text": draft.preview_text,
            "from_name": draft.from_name,
            "reply_to": draft.reply_to,
        }
        body: dict[str, Json] = {
            "type": "regular",
            "recipients": _recipients(draft.list_id, draft.segment_id),
            "settings": {name: value for name, value in settings.items() if value},
        }
        if draft.google_analytics:
            slug = cut_to_bytes(draft.google_analytics, _MAX_SLUG_BYTES)
            body["tracking"] = {"google_analytics": slug}
        return self._http.request("POST", "/campaigns", parse=single(parsing.campaign), body=body)

    def campaign(self, remote_id: str) -> RemoteCampaign:
        """`GET /campaigns/{remote_id}`"""
        return self._http.get(
            "/campaigns/{}",
            remote_id,
            parse=single(parsing.campaign),
            query={"fields": ",".join(_CAMPAIGN)},
        )

    def campaign_html(self, remote_id: str) -> str:
        """`GET /campaigns/{remote_id}/content`"""
        return self._http.get(
            "/campaigns/{}/content",
            remote_id,
            parse=single(parsing.html),
            query={"fields": "html"},
        )

    def template_regions(self, template_id: int) -> Mapping[str, str]:
        """`GET /templates/{template_id}/default-content`"""
        return self._http.get(
            "/templates/{}/default-content",
            str(int(template_id)),
            parse=single(parsing.regions),
            query={"fields": "sections"},
        )

    def set_template(
        self, remote_id: str, template_id: int, regions: Mapping[str, str] = NO_REGIONS
    ) -> None:
        """`PUT /campaigns/{remote_id}/content`"""
        template: dict[str, Any] = {"id": int(template_id)}
        if regions:
            template["sections"] = dict(regions)
        self._http.request(
            "PUT",
            "/campaigns/{}/content",
            remote_id,
            parse=ignore_body,
            # An id sent as text is ignored: https://github.com/drewm/mailchimp-api/issues/192
            body={"template": template},
        )

    def set_html(self, remote_id: str, html: str) -> None:
        """`PUT /campaigns/{remote_id}/content`"""
        self._http.request(
            "PUT", "/campaigns/{}/content", remote_id, parse=ignore_body, body={"html": html}
        )

    def checklist(self, remote_id: str) -> Checklist:
        """`GET /campaigns/{remote_id}/send-checklist`"""
        return self._http.get(
            "/campaigns/{}/send-checklist",
            remote_id,
            parse=single(parsing.checklist),
            query={"fields": "is_ready,items.type,items.heading,items.details"},
        )

    def send(self, remote_id: str) -> None:
        """`POST /campaigns/{remote_id}/actions/send`"""
        self._http.request("POST", "/campaigns/{}/actions/send", remote_id, parse=expect_no_content)

    def schedule(self, remote_id: str, at: int) -> None:
        """`POST /campaigns/{remote_id}/actions/schedule`"""
        self._http.request(
            "POST",
            "/campaigns/{}/actions/schedule",
            remote_id,
            parse=expect_no_content,
            body={"schedule_time": format_time(at)},
        )

    def unschedule(self, remote_id: str) -> None:
        """`POST /campaigns/{remote_id}/actions/unschedule`"""
        self._http.request(
            "POST", "/campaigns/{}/actions/unschedule", remote_id, parse=expect_no_content
        )

    def send_test_mail(self, remote_id: str, addresses: Sequence[str]) -> None:
        """`POST /campaigns/{remote_id}/actions/test`"""
        # An empty list has been seen to mail everybody: https://github.com/amro/gibbon/issues/256
        if not addresses:
            raise Refused("No address is given.", title="Bad Request")
        self._http.request(
            "POST",
            "/campaigns/{}/actions/test",
            remote_id,
            parse=expect_no_content,
            body={"test_emails": list(addresses), "send_type": "html"},
        )

    def delete_campaign(self, remote_id: str) -> None:
        """`DELETE /campaigns/{remote_id}`"""
        self._http.delete("/campaigns/{}", remote_id)


def _recipients(list_id: str, segment_id: int) -> dict[str, Any]:
    """The `recipients` object that addresses one static segment.

    `saved_segment_id` alone has no effect, and options without effect leave the whole audience
    addressed without an error. Hence `match` and a condition, and the draft is read back before it is
    sent. See https://github.com/drewm/mailchimp-api/issues/203 and
    https://github.com/mailchimp/mailchimp-client-lib-codegen/issues/125.
    """
    segment = int(segment_id)
    return {
        "list_id": list_id,
        "segment_opts": {
            "saved_segment_id": segment,
            "match": "any",
            "conditions": [
                {
                    "condition_type": "StaticSegment",
                    "field": "static_segment",
                    "op": "static_is",
                    "value": segment,
                }
            ],
        },
    }
