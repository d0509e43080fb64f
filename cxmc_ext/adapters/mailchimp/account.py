"""Endpoints for the account, audiences, merge fields, templates and sender domains."""

from collections.abc import Mapping
from typing import Any

from cxmc_ext.adapters.mailchimp import parsing
from cxmc_ext.adapters.mailchimp.answers import collection, ignore_body, single
from cxmc_ext.adapters.mailchimp.endpoints import Endpoints, field_list, page_query
from cxmc_ext.domain.mailchimp import (
    Audience,
    Audiences,
    NewAudience,
    RemoteAccount,
    SenderDomain,
    Template,
    Webhook,
)
from cxmc_ext.domain.merge_fields import AudienceField

_STATS = ("stats.member_count", "stats.unsubscribe_count")
_AUDIENCE = ("id", "web_id", "name", "double_optin", "subscribe_url_long", *_STATS)
# `GET /` names the street addr1, `POST /lists` wants address1; a Host may use either.
_CONTACT_SOURCES = {
    "company": ("company",),
    "address1": ("address1", "addr1"),
    "address2": ("address2", "addr2"),
    "city": ("city",),
    "state": ("state",),
    "zip": ("zip",),
    "country": ("country",),
    "phone": ("phone",),
}
_REQUIRED_CONTACT_FIELDS = {"company", "address1", "city", "country"}
# Every flag is named: those that are missing are on.
_WEBHOOK_EVENTS = {
    "subscribe": False,
    "unsubscribe": True,
    "profile": False,
    "cleaned": True,
    "upemail": False,
    "campaign": False,
}
_WEBHOOK_SOURCES = {"user": True, "admin": True, "api": True}


class AccountEndpoints(Endpoints):
    """The part of the client that “Initialize” and the settings page use."""

    def account(self) -> RemoteAccount:
        """`GET /`"""
        fields = (
            "account_id,account_name,email,role,pricing_plan_type,account_timezone,"
            "contact.company,contact.addr1,contact.addr2,contact.city,contact.state,"
            "contact.zip,contact.country"
        )
        return self._http.get("/", parse=parsing.account, query={"fields": fields})

    def audiences(self) -> Audiences:
        """`GET /lists`; the first 1,000 are more than a person can choose from."""
        query = {"fields": f"{field_list('lists', *_AUDIENCE)},constraints.may_create"}
        return self._http.get("/lists", parse=parsing.audiences, query=page_query(query, 0))

    def audience(self, list_id: str) -> Audience:
        """`GET /lists/{list_id}`"""
        query = {"fields": ",".join(_AUDIENCE)}
        return self._http.get("/lists/{}", list_id, parse=single(parsing.audience), query=query)

    def create_audience(self, new: NewAudience) -> Audience:
        """`POST /lists`"""
        body = {
            "name": new.name,
            "contact": _contact(new.contact),
            "permission_reminder": new.permission_reminder,
            "campaign_defaults": {
                "from_name": new.from_name,
                "from_email": new.from_email,
                "subject": new.name,
                "language": "en",
            },
            "email_type_option": False,
        }
        return self._http.request("POST", "/lists", parse=single(parsing.audience), body=body)

    def merge_fields(self, list_id: str) -> tuple[AudienceField, ...]:
        """`GET /lists/{list_id}/merge-fields`"""
        names = ("tag", "name", "type", "required", "default_value", "options.choices")
        query = {"fields": field_list("merge_fields", *names)}
        rows = self._all_rows(
            "merge_fields", parsing.merge_field, "/lists/{}/merge-fields", list_id, query=query
        )
        return tuple(rows)

    def add_merge_field(self, list_id: str, new: AudienceField) -> None:
        """`POST /lists/{list_id}/merge-fields`"""
        body: dict[str, Any] = {
            "tag": new.tag,
            "name": new.name,
            "type": str(new.type),
            "required": False,
            "public": False,
        }
        if new.fallback:
            body["default_value"] = new.fallback
        if new.choices:
            body["options"] = {"choices": list(new.choices)}
        self._http.request("POST", "/lists/{}/merge-fields", list_id, parse=ignore_body, body=body)

    def webhooks(self, list_id: str) -> tuple[Webhook, ...]:
        """`GET /lists/{list_id}/webhooks`; this collection has no pages."""
        return self._http.get(
            "/lists/{}/webhooks", list_id, parse=collection("webhooks", parsing.webhook)
        )

    def create_webhook(self, list_id: str, url: str) -> Webhook:
        """`POST /lists/{list_id}/webhooks`"""
        body = {"url": url, "events": _WEBHOOK_EVENTS, "sources": _WEBHOOK_SOURCES}
        return self._http.request(
            "POST", "/lists/{}/webhooks", list_id, parse=single(parsing.webhook), body=body
        )

    def delete_webhook(self, list_id: str, webhook_id: str) -> None:
        """`DELETE /lists/{list_id}/webhooks/{webhook_id}`"""
        self._http.delete("/lists/{}/webhooks/{}", list_id, webhook_id)

    def templates(self) -> tuple[Template, ...]:
        """`GET /templates`"""
        query = {
            "type": "user",
            "sort_field": "date_edited",
            "sort_dir": "DESC",
            "fields": field_list(
                "templates", "id", "name", "active", "content_type", "thumbnail", "date_edited"
            ),
        }
        rows = self._all_rows("templates", parsing.template, "/templates", query=query)
        active = [template for template in rows if template is not None]
        return tuple(sorted(active, key=lambda t: t.edited_at or 0, reverse=True))

    def sender_domains(self) -> tuple[SenderDomain, ...]:
        """`GET /verified-domains`; this collection has no pages and no `fields`."""
        return self._http.get("/verified-domains", parse=collection("domains", parsing.domain))

    def request_domain_verification(self, email: str) -> None:
        """`POST /verified-domains`"""
        body = {"verification_email": email}
        self._http.request("POST", "/verified-domains", parse=ignore_body, body=body)

    def verify_domain(self, domain: str, code: str) -> None:
        """`POST /verified-domains/{domain}/actions/verify`"""
        self._http.request(
            "POST",
            "/verified-domains/{}/actions/verify",
            domain,
            parse=ignore_body,
            body={"code": code},
        )


def _contact(source: Mapping[str, str]) -> dict[str, Any]:
    """The contact object of `POST /lists`: required fields, and optional ones that have a value."""
    contact = {
        name: next((source[alias] for alias in aliases if source.get(alias)), "")
        for name, aliases in _CONTACT_SOURCES.items()
    }
    required = _REQUIRED_CONTACT_FIELDS
    return {name: value for name, value in contact.items() if value or name in required}
