"""Every route of the extension in one table: method, path, endpoint, required right, view."""

from collections.abc import Callable
from typing import NamedTuple

from flask import Response

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.people import Right
from cxmc_ext.web.pages import (
    account_page,
    activation,
    control_room,
    mailchimp_link,
    template_search,
)
from cxmc_ext.web.pages import audit as audit_pages
from cxmc_ext.web.pages import blocks as blocks_pages
from cxmc_ext.web.pages import connection as connection_pages
from cxmc_ext.web.pages import contacts as contacts_pages
from cxmc_ext.web.pages import draft as draft_pages
from cxmc_ext.web.pages import erasure as erasure_pages
from cxmc_ext.web.pages import failed_addresses as failed_addresses_pages
from cxmc_ext.web.pages import follow_up as follow_up_pages
from cxmc_ext.web.pages import invitation as invitation_pages
from cxmc_ext.web.pages import overview as overview_pages
from cxmc_ext.web.pages import preview as preview_pages
from cxmc_ext.web.pages import recipients as recipients_pages
from cxmc_ext.web.pages import sent_mail as sent_mail_pages
from cxmc_ext.web.pages import tab as tab_pages
from cxmc_ext.web.pages import test_mail as test_mail_pages
from cxmc_ext.web.presentation import panels
from cxmc_ext.web.request_context import RequestContext


class Route(NamedTuple):
    """One route.

    Attributes:
        method: GET or POST.
        rule: The path below `CXMC_URL_PREFIX`.
        endpoint: The endpoint within the blueprint “cxmc”.
        right: The right the user needs; without it the answer is 404.
        view: Called with the context of the request.
        is_press: Whether a POST counts for the rate limit. Requests that a page makes by itself while
            somebody types do not.
        on_conflict: Answers a `Conflict` raised by the view.
        on_invalid: Answers an `Invalid` raised by the view, or by the access check for a text that cannot be
            stored.
    """

    method: str
    rule: str
    endpoint: str
    right: Right
    view: Callable[[RequestContext], Response]
    is_press: bool = True
    on_conflict: Callable[[RequestContext, Conflict], Response] = panels.conflict_response
    on_invalid: Callable[[RequestContext, Invalid], Response] = panels.invalid_response

    @property
    def reads_text(self) -> bool:
        """Whether a text of its form may be stored or looked up; the other routes have buttons only."""
        return "<ref>" in self.rule or self.on_invalid is not panels.invalid_response


_CAMPAIGN = "/campaigns/<ref>"


ROUTES: tuple[Route, ...] = (
    Route("GET", "/campaigns", "overview", Right.TAB, overview_pages.show),
    Route("GET", _CAMPAIGN, "tab", Right.TAB, tab_pages.show),
    Route("GET", f"{_CAMPAIGN}/panel", "panel", Right.TAB, tab_pages.poll),
    Route("GET", f"{_CAMPAIGN}/recipients", "recipients", Right.TAB, recipients_pages.show),
    Route(
        "GET",
        f"{_CAMPAIGN}/recipients.csv",
        "recipients_csv",
        Right.TAB,
        recipients_pages.export_csv,
    ),
    Route(
        "GET", f"{_CAMPAIGN}/open", "open_in_mailchimp", Right.TAB, mailchimp_link.open_in_mailchimp
    ),
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
    Route(
        "POST",
        f"{_CAMPAIGN}/draft",
        "save_draft",
        Right.SEND,
        draft_pages.save,
        is_press=False,
        on_conflict=draft_pages.conflict_response,
        on_invalid=draft_pages.invalid_response,
    ),
    Route("POST", f"{_CAMPAIGN}/blocks", "blocks", Right.SEND, blocks_pages.change, is_press=False),
    Route("GET", f"{_CAMPAIGN}/test-mail", "test_mail", Right.SEND, test_mail_pages.show_status),
    Route("POST", f"{_CAMPAIGN}/test-mail", "send_test_mail", Right.SEND, test_mail_pages.send),
    Route("GET", f"{_CAMPAIGN}/preview", "preview", Right.SEND, preview_pages.show),
    Route(
        "POST", f"{_CAMPAIGN}/preview", "request_preview", Right.SEND, preview_pages.request_preview
    ),
    Route("GET", f"{_CAMPAIGN}/preview/mail", "preview_mail", Right.SEND, preview_pages.show_mail),
    Route("GET", f"{_CAMPAIGN}/mail", "sent_mail", Right.TAB, sent_mail_pages.show),
    Route(
        "GET",
        f"{_CAMPAIGN}/mail/content",
        "sent_mail_content",
        Right.TAB,
        sent_mail_pages.show_content,
    ),
    Route("POST", f"{_CAMPAIGN}/follow-up", "follow_up", Right.SEND, follow_up_pages.create),
    Route("POST", f"{_CAMPAIGN}/resend", "resend", Right.SEND, follow_up_pages.resend),
    Route(
        "POST",
        f"{_CAMPAIGN}/additions",
        "mail_additions",
        Right.SEND,
        follow_up_pages.mail_additions,
    ),
    Route("POST", f"{_CAMPAIGN}/send", "send", Right.SEND, tab_pages.send_now),
    Route("POST", f"{_CAMPAIGN}/schedule", "schedule", Right.SEND, tab_pages.schedule),
    Route("POST", f"{_CAMPAIGN}/reschedule", "reschedule", Right.SEND, tab_pages.reschedule),
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
        "POST",
        f"{_CAMPAIGN}/settings",
        "initialize",
        Right.CONFIGURE,
        connection_pages.initialize,
        on_invalid=connection_pages.invalid_settings_response,
    ),
    Route("GET", "/addresses", "failed_addresses", Right.SEND, failed_addresses_pages.show),
    Route(
        "GET",
        "/addresses.csv",
        "failed_addresses_csv",
        Right.SEND,
        failed_addresses_pages.export_csv,
    ),
    Route("GET", "/invitation", "invitation", Right.SEND, invitation_pages.show),
    Route(
        "POST",
        "/invitation",
        "request_invitation",
        Right.SEND,
        invitation_pages.submit,
        on_conflict=invitation_pages.conflict_response,
    ),
    Route("GET", "/account", "account", Right.CONFIGURE, account_page.show),
    Route(
        "POST",
        "/account",
        "connect",
        Right.CONFIGURE,
        account_page.connect,
        on_conflict=account_page.conflict_response,
        on_invalid=account_page.invalid_response,
    ),
    Route(
        "POST",
        "/account/settings",
        "change_settings",
        Right.CONFIGURE,
        account_page.change_settings,
        on_conflict=account_page.conflict_response,
        on_invalid=account_page.invalid_response,
    ),
    Route(
        "POST",
        "/account/import",
        "import_campaigns",
        Right.CONFIGURE,
        account_page.import_campaigns,
        on_conflict=account_page.conflict_response,
    ),
    Route("GET", "/account/login", "begin_login", Right.CONFIGURE, account_page.begin_login),
    Route(
        "GET",
        "/account/login/done",
        "finish_login",
        Right.CONFIGURE,
        account_page.finish_login,
        on_conflict=account_page.conflict_response,
    ),
    Route("GET", "/activation", "activation", Right.ACTIVATE, activation.show),
    Route("POST", "/activate", "activate", Right.ACTIVATE, activation.activate),
    Route("POST", "/deactivate", "deactivate", Right.ACTIVATE, activation.deactivate),
    Route("GET", "/control", "control", Right.ACTIVATE, control_room.show),
    Route(
        "POST",
        "/control/stop-sending",
        "stop_sending",
        Right.ACTIVATE,
        control_room.stop_sending,
        on_conflict=control_room.conflict_response,
    ),
    Route(
        "POST",
        "/control/allow-sending",
        "allow_sending",
        Right.ACTIVATE,
        control_room.allow_sending,
    ),
    Route("POST", "/control/pause", "pause", Right.ACTIVATE, control_room.pause),
    Route("POST", "/control/resume", "resume", Right.ACTIVATE, control_room.resume),
    Route(
        "POST",
        "/control/update",
        "update_mailing",
        Right.ACTIVATE,
        control_room.update_mailing,
        on_conflict=control_room.conflict_response,
        on_invalid=control_room.invalid_response,
    ),
    Route("GET", "/control/audit", "audit", Right.ACTIVATE, audit_pages.show),
    Route("GET", "/control/audit.csv", "audit_csv", Right.ACTIVATE, audit_pages.export_csv),
    Route("GET", "/control/contacts", "contacts", Right.ACTIVATE, contacts_pages.show),
    Route(
        "POST",
        "/control/contacts",
        "archive_contacts",
        Right.ACTIVATE,
        contacts_pages.archive,
        on_conflict=contacts_pages.conflict_response,
    ),
    Route("GET", "/control/erasure", "erasure", Right.ACTIVATE, erasure_pages.show),
    Route(
        "POST",
        "/control/erasure",
        "request_erasure",
        Right.ACTIVATE,
        erasure_pages.submit,
        on_conflict=erasure_pages.conflict_response,
        on_invalid=erasure_pages.invalid_response,
    ),
)


# Endpoints without a login: static files need none, metrics and webhook carry a secret of their own.
PUBLIC_ENDPOINTS = frozenset({"asset", "events", "metrics", "webhook"})
