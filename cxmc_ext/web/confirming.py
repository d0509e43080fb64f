"""The one question before what cannot be taken back, as a page: for browsers without JavaScript."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for

from cxmc_ext.web import htmx
from cxmc_ext.web.questions import QUESTIONS, Asked
from cxmc_ext.web.render import answer, markup, page
from cxmc_ext.web.visit import Visit


def confirm(
    visit: Visit, action: str, asked: Asked | None = None, kept: Mapping[str, str] | None = None
) -> Response:
    """:param kept: fields that travel on with the answer; a press without any has its own nonce."""
    say = visit.speaker.say
    if asked is None:
        known = QUESTIONS[action]
        asked = Asked(say(known.text), say(known.hint), say(known.yes))
    about: dict[str, Any] = {"ref": visit.campaign.ref} if visit.campaign.ref else {}
    html = markup(
        visit,
        "_confirm.html",
        asked=asked,
        kept=kept or {},
        address=url_for(f"cxmc.{action}", **about),
        back=_back(visit),
        tone="cxmc-danger" if action in QUESTIONS else "cxmc-primary",
    )
    return answer(html) if htmx.is_fragment(request) else page(visit, asked.text, html)


def _back(visit: Visit) -> str:
    if visit.campaign.ref:
        return visit.services.host.tab_url(visit.campaign.ref)
    return url_for("cxmc.activation")
