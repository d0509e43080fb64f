"""What is shown when it does not work: no right, another site's form, too many presses, busy, a mistake."""

import logging
from collections.abc import Iterator
from unittest.mock import patch

from playwright.sync_api import Page, Route
from sqlalchemy.exc import OperationalError

from tests.gallery import page_actions
from tests.gallery.scene import Scene

_UPDATE = page_actions.press("#cxmc-update")
_LOCKED = OperationalError("select 1", {}, Exception("database is locked"))


def error_scenes(ref: str) -> Iterator[Scene]:
    """:param ref: of a campaign that was sent."""
    logging.disable(logging.CRITICAL)
    yield from _played(ref)
    logging.disable(logging.NOTSET)


def _played(ref: str) -> Iterator[Scene]:
    tab, own = f"/campaigns/{ref}/mailchimp", f"/cxmc/campaigns/{ref}"
    yield Scene("error-no-right", tab, "intern")
    yield Scene("error-not-here", "/cxmc/campaigns/999999", "recruiter")
    yield Scene("error-not-from-here", tab, action=_from_elsewhere, javascript=False)
    with patch("cxmc_ext.usecases.shared.rate_limit.MAX_PRESSES", 0):
        yield Scene("error-too-often", tab, action=_UPDATE, javascript=False)
        yield Scene("error-too-often-toast", tab, action=_toast)
    busy = patch("cxmc_ext.usecases.sync.schedule.request_update", side_effect=_LOCKED)
    with busy:
        yield Scene("error-busy", tab, action=_UPDATE, javascript=False)
        yield Scene("error-busy-toast", tab, action=_toast)
    with patch("cxmc_ext.usecases.screens.recipients.recipient_page", side_effect=_LOCKED):
        yield Scene("error-busy-page", f"{own}/recipients")
    with patch("cxmc_ext.usecases.screens.recipients.recipient_page", side_effect=RuntimeError):
        yield Scene("error-mistake", f"{own}/recipients")


def _toast(page: Page) -> None:
    _UPDATE(page)
    page.locator(".cxmc-toast").first.wait_for()


def _from_elsewhere(page: Page) -> None:
    """As if the form stood on a page of somebody else."""

    def disguise(route: Route) -> None:
        given = {**route.request.headers, "origin": "https://elsewhere.example"}
        route.fulfill(response=route.fetch(headers=given))

    page.route("**/update", disguise)
    _UPDATE(page)
    page.locator(".error-page").wait_for()
    page.unroute("**/update")
