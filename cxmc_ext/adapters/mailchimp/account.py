"""Account, audiences, merge fields, templates and sender domains."""

from collections.abc import Mapping
from typing import Any

from cxmc_ext.adapters.mailchimp import parsing
from cxmc_ext.adapters.mailchimp.endpoints import Endpoints, field_list, page_query
from cxmc_ext.domain.mailchimp import (
    Audience,
    Audiences,
    NewAudience,
    RemoteAccount,
    SenderDomain,
    Template,
)

_AUDIENCE = ("id", "web_id", "name", "double_optin", "stats.member_count")
_CONTACT = {
    "company": ("company",),
    "address1": ("address1", "addr1"),
    "address2": ("address2", "addr2"),
    "city": ("city",),
    "state": ("state",),
    "zip": ("zip",),
    "country": ("country",),
    "phone": ("phone",),
}
"""GET / names the street otherwise than POST /lists does; both are understood."""
_REQUIRED = {"company", "address1", "city", "country"}


class AccountEndpoints(Endpoints):
    """What “Initialize” and the settings page need."""

    def account(self) -> RemoteAccount:
        fields = (
            "account_id,account_name,email,role,pricing_plan_type,account_timezone,"
            "contact.company,contact.addr1,contact.addr2,contact.city,contact.state,"
            "contact.zip,contact.country"
        )
        return self._http.get("/", parse=parsing.account, query={"fields": fields})

    def audiences(self) -> Audiences:
        """The first 1,000: more than a person can choose from."""
        query = {"fields": f"{field_list('lists', *_AUDIENCE)},constraints.may_create"}
        return self._http.get("/lists", parse=parsing.audiences, query=page_query(query, 0))

    def audience(self, list_id: str) -> Audience:
        query = {"fields": ",".join(_AUDIENCE)}
        return self._http.get(
            "/lists/{}", list_id, parse=parsing.single(parsing.audience), query=query
        )

    def create_audience(self, new: NewAudience) -> Audience:
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
        return self._http.request(
            "POST", "/lists", parse=parsing.single(parsing.audience), body=body
        )

    def merge_tags(self, list_id: str) -> Mapping[str, str]:
        query = {"fields": field_list("merge_fields", "tag", "name")}
        return dict(
            self._rows(
                "merge_fields", parsing.merge_tag, "/lists/{}/merge-fields", list_id, query=query
            )
        )

    def add_merge_field(self, list_id: str, tag: str, name: str) -> None:
        body = {"tag": tag, "name": name, "type": "text", "required": False, "public": False}
        self._http.request(
            "POST", "/lists/{}/merge-fields", list_id, parse=parsing.ignore_body, body=body
        )

    def templates(self) -> tuple[Template, ...]:
        query = {
            "type": "user",
            "sort_field": "date_edited",
            "sort_dir": "DESC",
            "fields": field_list(
                "templates", "id", "name", "active", "content_type", "thumbnail", "date_edited"
            ),
        }
        found = self._rows("templates", parsing.template, "/templates", query=query)
        active = [template for template in found if template is not None]
        return tuple(sorted(active, key=lambda t: t.edited_at or 0, reverse=True))

    def sender_domains(self) -> tuple[SenderDomain, ...]:
        """One call: this collection has neither pages nor fields=."""
        return self._http.get(
            "/verified-domains", parse=parsing.collection("domains", parsing.domain)
        )

    def request_domain_verification(self, email: str) -> None:
        body = {"verification_email": email}
        self._http.request("POST", "/verified-domains", parse=parsing.ignore_body, body=body)

    def verify_domain(self, domain: str, code: str) -> None:
        self._http.request(
            "POST",
            "/verified-domains/{}/actions/verify",
            domain,
            parse=parsing.ignore_body,
            body={"code": code},
        )


def _contact(given: Mapping[str, str]) -> dict[str, Any]:
    named = {
        name: next((given[each] for each in sources if given.get(each)), "")
        for name, sources in _CONTACT.items()
    }
    return {name: value for name, value in named.items() if value or name in _REQUIRED}
