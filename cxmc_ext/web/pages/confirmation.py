"""The confirmation before something irreversible, as a page for browsers without JavaScript."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for

from cxmc_ext.web import htmx
from cxmc_ext.web.presentation.confirmations import CONFIRMATIONS, DANGEROUS, Confirmation
from cxmc_ext.web.presentation.render import html_response, page_response, render_html
from cxmc_ext.web.request_context import RequestContext


def ask_confirmation(
    context: RequestContext,
    action: str,
    confirmation: Confirmation | None = None,
    hidden_values: Mapping[str, str] | None = None,
    cancel_url: str = "",
    **details: Any,
) -> Response:
    """Asks whether the press is meant; the answer is the same POST with `confirmed=yes`.

    Args:
        context: The request.
        action: The endpoint that receives the answer.
        confirmation: Translated texts, or None for those of `CONFIRMATIONS[action]`.
        hidden_values: Fields that are sent along. Without a nonce among them the page adds a new one.
        cancel_url: Where “Cancel” leads; "" for the tab of the campaign, or the settings.
        **details: `details`, a template that is included below the question, and its values.
    """
    gettext = context.localizer.gettext
    if confirmation is None:
        texts = CONFIRMATIONS[action]
        confirmation = Confirmation(
            gettext(texts.text), gettext(texts.consequence), gettext(texts.button)
        )
    path_values: dict[str, Any] = {"ref": context.campaign.ref} if context.campaign.ref else {}
    html = render_html(
        context,
        "_confirmation.html",
        confirmation=confirmation,
        hidden_values=hidden_values or {},
        action_url=url_for(f"cxmc.{action}", **path_values),
        cancel_url=cancel_url or _cancel_url(context, action),
        style="cxmc-danger" if action in DANGEROUS else "cxmc-primary",
        **details,
    )
    if htmx.is_fragment(request):
        return html_response(html)
    return page_response(context, confirmation.text, html)


def _cancel_url(context: RequestContext, action: str) -> str:
    if context.campaign.ref:
        return context.services.host.tab_url(context.campaign.ref)
    return url_for("cxmc.contacts" if action == "archive_contacts" else "cxmc.activation")
