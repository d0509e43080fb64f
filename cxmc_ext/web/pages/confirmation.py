"""The one question before what cannot be taken back, as a page: for browsers without JavaScript."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for

from cxmc_ext.web import htmx
from cxmc_ext.web.presentation.confirmations import CONFIRMATIONS, Confirmation
from cxmc_ext.web.presentation.render import html_response, page_response, render_html
from cxmc_ext.web.request_context import RequestContext


def ask_confirmation(
    context: RequestContext,
    action: str,
    asked: Confirmation | None = None,
    kept: Mapping[str, str] | None = None,
) -> Response:
    """:param kept: fields that travel on with the answer; a press without any has its own nonce."""
    say = context.localizer.gettext
    if asked is None:
        known = CONFIRMATIONS[action]
        asked = Confirmation(say(known.text), say(known.consequence), say(known.button))
    about: dict[str, Any] = {"ref": context.campaign.ref} if context.campaign.ref else {}
    html = render_html(
        context,
        "_confirmation.html",
        confirmation=asked,
        hidden_values=kept or {},
        action_url=url_for(f"cxmc.{action}", **about),
        cancel_url=_cancel_url(context),
        style="cxmc-danger" if action in CONFIRMATIONS else "cxmc-primary",
    )
    return (
        html_response(html)
        if htmx.is_fragment(request)
        else page_response(context, asked.text, html)
    )


def _cancel_url(context: RequestContext) -> str:
    if context.campaign.ref:
        return context.services.host.tab_url(context.campaign.ref)
    return url_for("cxmc.activation")
