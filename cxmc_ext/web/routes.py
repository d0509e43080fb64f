"""The shape of a line in the table of addresses."""

from collections.abc import Callable
from typing import NamedTuple

from flask import Response

from cxmc_ext.domain.people import Right
from cxmc_ext.web.pages import activation, control_room, mailchimp_link, template_search
from cxmc_ext.web.pages import audit as audit_pages
from cxmc_ext.web.pages import connection as connection_pages
from cxmc_ext.web.pages import erasure as erasure_pages
from cxmc_ext.web.pages import follow_up as follow_up_pages
from cxmc_ext.web.pages import preview as preview_pages
from cxmc_ext.web.pages import recipients as recipients_pages
from cxmc_ext.web.pages import tab as tab_pages
from cxmc_ext.web.pages import test_mail as test_mail_pages
from cxmc_ext.web.request_context import RequestContext


class Route(NamedTuple):
    """One address: what it needs and what answers it."""

    method: str
    rule: str
    endpoint: str
    right: Right
    view: Callable[[RequestContext], Response]
    is_press: bool = True
    """A POST that counts as a press; what a page asks by itself while somebody types does not."""


_CAMPAIGN = "/campaigns/<ref>"


ROUTES: tuple[Route, ...] = (
    Route("GET", _CAMPAIGN, "tab", Right.TAB, tab_pages.show),
    Route("GET", f"{_CAMPAIGN}/panel", "panel", Right.TAB, tab_pages.poll),
    Route("GET", f"{_CAMPAIGN}/recipients", "recipients", Right.TAB, recipients_pages.show),
    Route("GET", f"{_CAMPAIGN}/recipients.csv", "table", Right.TAB, recipients_pages.export_csv),
    Route("GET", f"{_CAMPAIGN}/open", "open", Right.TAB, mailchimp_link.open_in_mailchimp),
    Route("POST", f"{_CAMPAIGN}/update", "update", Right.TAB, tab_pages.update),
    Route(
        "POST",
        f"{_CAMPAIGN}/readiness",
        "readiness",
        Right.TAB,
        tab_pages.show_domain_readiness,
        is_press=False,
    ),
    Route(
        "POST",
        f"{_CAMPAIGN}/templates",
        "templates",
        Right.TAB,
        template_search.search,
        is_press=False,
    ),
    Route("GET", f"{_CAMPAIGN}/test", "test", Right.SEND, test_mail_pages.show_status),
    Route("POST", f"{_CAMPAIGN}/test", "send_test", Right.SEND, test_mail_pages.send),
    Route("GET", f"{_CAMPAIGN}/preview", "preview", Right.SEND, preview_pages.show),
    Route("POST", f"{_CAMPAIGN}/preview", "ask_preview", Right.SEND, preview_pages.request_preview),
    Route("GET", f"{_CAMPAIGN}/preview/mail", "mail", Right.SEND, preview_pages.show_mail),
    Route("POST", f"{_CAMPAIGN}/follow-up", "follow_up", Right.SEND, follow_up_pages.create),
    Route("POST", f"{_CAMPAIGN}/send", "send", Right.SEND, tab_pages.send_now),
    Route("POST", f"{_CAMPAIGN}/schedule", "schedule", Right.SEND, tab_pages.schedule),
    Route("POST", f"{_CAMPAIGN}/unschedule", "unschedule", Right.SEND, tab_pages.unschedule),
    Route("POST", f"{_CAMPAIGN}/delete", "delete", Right.SEND, tab_pages.delete),
    Route("POST", f"{_CAMPAIGN}/check", "check", Right.SEND, tab_pages.check),
    Route("POST", f"{_CAMPAIGN}/retry", "retry", Right.SEND, tab_pages.retry),
    Route("POST", f"{_CAMPAIGN}/refresh", "refresh", Right.SEND, connection_pages.refresh),
    Route(
        "POST",
        f"{_CAMPAIGN}/domain/mail",
        "domain_mail",
        Right.SEND,
        connection_pages.request_domain_code,
    ),
    Route(
        "POST",
        f"{_CAMPAIGN}/domain/code",
        "domain_code",
        Right.SEND,
        connection_pages.verify_domain,
    ),
    Route(
        "GET", f"{_CAMPAIGN}/settings", "settings", Right.CONFIGURE, connection_pages.show_settings
    ),
    Route(
        "POST", f"{_CAMPAIGN}/settings", "initialize", Right.CONFIGURE, connection_pages.initialize
    ),
    Route("GET", "/activation", "activation", Right.ACTIVATE, activation.show),
    Route("POST", "/activate", "activate", Right.ACTIVATE, activation.activate),
    Route("POST", "/deactivate", "deactivate", Right.ACTIVATE, activation.deactivate),
    Route("GET", "/control", "control", Right.ACTIVATE, control_room.show),
    Route("POST", "/control/pause", "pause", Right.ACTIVATE, control_room.pause),
    Route("POST", "/control/resume", "resume", Right.ACTIVATE, control_room.resume),
    Route("POST", "/control/update", "update_one", Right.ACTIVATE, control_room.update_mailing),
    Route("GET", "/control/audit", "audit", Right.ACTIVATE, audit_pages.show),
    Route("GET", "/control/audit.csv", "audit_table", Right.ACTIVATE, audit_pages.export_csv),
    Route("GET", "/control/erase", "erase", Right.ACTIVATE, erasure_pages.show),
    Route("POST", "/control/erase", "erase_now", Right.ACTIVATE, erasure_pages.submit),
)


PUBLIC_ENDPOINTS = frozenset({"asset", "metrics", "hook"})
"""Static files need nobody, metrics and hook a secret instead of a person; nothing else is open."""
