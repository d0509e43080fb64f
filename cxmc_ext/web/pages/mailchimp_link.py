"""“Open in MailChimp”: the page of a new browser tab, which waits while the campaign is created."""

import re
from urllib.parse import urlsplit

from flask import Response

from cxmc_ext.domain.rules.setting_values import LOOPBACK_HOSTS
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import mailchimp_link
from cxmc_ext.web.presentation.render import html_response, redirect_to, render_html
from cxmc_ext.web.request_context import RequestContext

_DATACENTER = re.compile(r"[a-z]{2}[0-9]{1,3}", re.ASCII)


def open_in_mailchimp(context: RequestContext) -> Response:
    """Redirects to the campaign in MailChimp.

    While it is being created, the page reloads itself; without a campaign it says so.
    """
    target = mailchimp_link.find_link(context.rows)
    if target.web_id is not None:
        url = campaign_url(context.services, target.dc, target.web_id)
        if url:
            return redirect_to(url)
    response = html_response(
        render_html(context, "mailchimp_link.html", being_created=target.being_created)
    )
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def campaign_url(services: Services, dc: str, web_id: int) -> str | None:
    """Returns the address of a campaign in MailChimp's web app.

    Args:
        services: Their API root decides: a stand-in (on a loopback address) has pages of its own.
        dc: The data center of the key, such as “us21”.
        web_id: MailChimp's number for the web app (not the campaign id).

    Returns:
        The address, or None if `dc` is not a data center.
    """
    root = urlsplit(services.settings.api_root)
    if root.hostname in LOOPBACK_HOSTS:
        return f"{root.scheme}://{root.netloc}/campaigns/show/?id={web_id:d}"
    if not _DATACENTER.fullmatch(dc):
        return None
    return f"https://{dc}.admin.mailchimp.com/campaigns/show/?id={web_id:d}"
