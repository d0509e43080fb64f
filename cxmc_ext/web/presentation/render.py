"""Renders templates into responses: what every template can use, and the headers of every response."""

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, render_template, request, session, url_for
from jinja2 import StrictUndefined, Template, Undefined
from markupsafe import Markup

from cxmc_ext.domain.rules.readable_addresses import readable_address, readable_domain
from cxmc_ext.domain.rules.setting_values import LOOPBACK_HOSTS, public_url
from cxmc_ext.web import csrf, forms, htmx
from cxmc_ext.web.assets import load_asset
from cxmc_ext.web.i18n import N_, Localizer, default_localizer
from cxmc_ext.web.presentation import (
    choices,
    exclusions,
    form_labels,
    labels,
    merge_fields,
    regions,
)
from cxmc_ext.web.presentation.confirmations import CONFIRMATIONS, check_confirmation
from cxmc_ext.web.presentation.messages import render_message
from cxmc_ext.web.request_context import RequestContext

_GONE_MESSAGES = {
    400: N_("This page has been open for too long. Reload it and try again."),
    401: N_("You are no longer logged in. Log in, then open this page again."),
    403: N_("That request did not come from this page. Reload it and try again."),
    404: N_("This is no longer available. Reload the page."),
    413: N_("That is more than this form accepts."),
}
_REFUSED_PRESS = frozenset({400, 403})
_INDENTATION = re.compile(r"\n\s+")
_EXAMPLE_URL = "https://crm.example.com"
_TOASTS = "cxmc_toasts"
_ASSETS = "cxmc.assets"
_LENIENT = "cxmc.lenient_environment"
# The endpoints whose pages contain HTML from outside, and their policy: it may be displayed and nothing else.
MAIL_ENDPOINTS = frozenset({"cxmc.preview_mail", "cxmc.sent_mail_content"})
MAIL_POLICY = (
    "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; font-src https:;"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def render_html(context: RequestContext, template: str, **values: Any) -> str:
    """Renders a template of `templates/cxmc/` with the common values and those given."""
    html = render_template(
        own_template(template),
        **_base_context(context.localizer),
        **_page_context(context),
        **values,
    )
    # The indentation is a third of a page's weight. Whole pages contain the Host's own HTML, in which
    # white space may matter.
    is_whole_page = not template.startswith("_")
    return html if is_whole_page else _INDENTATION.sub("\n", html)


def own_template(name: str) -> Template:
    """Returns a template of `templates/cxmc/`; they use names without a value, which a Host may forbid."""
    environment = current_app.jinja_env
    if issubclass(environment.undefined, StrictUndefined):
        environment = current_app.extensions.get(_LENIENT) or environment.overlay(
            undefined=Undefined
        )
        current_app.extensions[_LENIENT] = environment
    return environment.get_template(f"cxmc/{name}")


def html_response(html: str, status: int = 200, events: dict[str, str] | None = None) -> Response:
    """Wraps HTML in a response.

    Args:
        html: The rendered page or fragment.
        status: The HTTP status.
        events: What the page announces or shows when the response arrives (`web/htmx.py`).
    """
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    return htmx.trigger_events(response, events or {})


def redirect_to(url: str) -> Response:
    """Redirects with 303. `url` must come from the Host or `url_for`, never from the request."""
    return Response(status=303, headers={"Location": url})


def trusted_html(html: str) -> Markup:
    """Marks HTML of our own templates, which escape every value, as safe inside another page."""
    return Markup(html)  # noqa: S704 - never called with anything else  # nosec B704


def assets_html(context: RequestContext) -> Markup:
    """Returns stylesheet and script for the first caller in a page, nothing for the others."""
    first = _ASSETS not in request.environ
    request.environ[_ASSETS] = True
    return trusted_html(render_html(context, "_assets.html")) if first else Markup("")


def page_response(
    context: RequestContext, title: str, html: str, status: int = 200, *, crumb: bool = False
) -> Response:
    """Renders a whole page inside the Host's `cxmc/layout.html`."""
    frame = render_html(
        context, "page.html", html=trusted_html(html), title=title, with_breadcrumb=crumb
    )
    return html_response(frame, status)


def gone_fragment(localizer: Localizer, status: int) -> Response:
    """Replaces part of a page with a message. It has no htmx trigger, so polling ends.

    A refused press replaces nothing, so that nothing typed is lost: its message is a toast. The form of
    the tab says it itself.
    """
    text = gone_text(localizer, status)
    link_text = localizer.gettext(N_("Log in")) if status == 401 else ""
    response = message_fragment(localizer, text, status, link_text=link_text)
    if status in _REFUSED_PRESS and "subject" not in request.form:
        htmx.trigger_events(response, {htmx.TOAST: text})
    return response


def gone_text(localizer: Localizer, status: int) -> str:
    """What is said instead of a page or part of one that cannot be shown."""
    return localizer.gettext(_GONE_MESSAGES[status])


def message_fragment(
    localizer: Localizer, text: str, status: int, *, link_text: str = ""
) -> Response:
    """Answers with a message alone, for a part of a page.

    Args:
        localizer: The language of the reader.
        text: The message, translated.
        status: The HTTP status.
        link_text: What its link to the same page says, if not “Reload the page”.
    """
    html = render_template(
        own_template("_message.html"), **_base_context(localizer), text=text, link_text=link_text
    )
    return add_security_headers(html_response(html, status))


def add_security_headers(response: Response) -> Response:
    """Adds the headers of every response. Pages contain personal data, so nothing is cached."""
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    if request.endpoint in MAIL_ENDPOINTS:
        response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.vary.update(("HX-Request", "Cookie"))
    return response


def queue_toast(text: str) -> None:
    """Shows a toast on the next whole page. Responses to htmx use `htmx.TOAST` instead."""
    session[_TOASTS] = [*session.get(_TOASTS, ()), text][-3:]


def pop_toasts() -> list[str]:
    """Returns the queued toasts, each once."""
    return list(session.pop(_TOASTS, ()))


def asset_url(name: str) -> str:
    """The URL of a static file; it changes with the content, so browsers may cache it forever."""
    return url_for("cxmc.asset", name=name, v=load_asset(name).version)


def _public_url() -> str:
    """What CXMC_PUBLIC_URL could be: the address of this request, or an example if only we can reach it."""
    root = request.url_root
    try:
        return public_url(root) if urlsplit(root).hostname not in LOOPBACK_HOSTS else _EXAMPLE_URL
    except ValueError:
        return _EXAMPLE_URL


def _base_context(localizer: Localizer) -> dict[str, Any]:
    return {
        "_": localizer.gettext,
        "ngettext": localizer.ngettext,
        "localizer": localizer,
        "readable_address": readable_address,
        "readable_domain": readable_domain,
        "asset_url": asset_url,
        "fragment": htmx.is_fragment(request),
        "isolation": htmx.ISOLATION,
    }


def _page_context(context: RequestContext) -> dict[str, Any]:
    return {
        "viewer": context.viewer,
        "campaign": context.campaign,
        "now": context.services.clock(),
        "nonce": forms.new_nonce,
        "note_language": default_localizer(context.services).language,
        "csrf": lambda: csrf.hidden_field(context.viewer.user.id),
        "assets": lambda: assets_html(context),
        "page_url": lambda name: url_for(f"cxmc.{name}"),
        "frequency_cap": context.services.settings.cap,
        "public_url": _public_url,
        "offers_login": context.services.settings.offers_login,
        "labels": labels,
        "choices": choices,
        "form_labels": form_labels,
        "exclusions": exclusions,
        "merge_fields": merge_fields,
        "regions": regions,
        "confirmations": CONFIRMATIONS,
        "message": lambda problem: render_message(context.localizer, problem),
        "readiness_text": lambda item: labels.readiness_text(context.localizer, item),
        "event_label": lambda kind: labels.event_label(context.localizer, kind),
        "check_confirmation": lambda summary: check_confirmation(
            context.localizer, summary, context.services.settings.send_mode
        ),
        "quarter_hours": forms.QUARTER_HOURS,
        "campaign_url": lambda name, **values: url_for(
            f"cxmc.{name}", ref=context.campaign.ref, **values
        ),
        "tab_url": lambda: context.services.host.tab_url(context.campaign.ref),
    }
