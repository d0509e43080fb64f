"""The form while it saves itself: another window, a lost login, offline, after a removal."""

import secrets
from collections.abc import Iterator

from playwright.sync_api import Page

from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.sending import form_drafts
from tests.gallery import page_actions
from tests.gallery.demo_server import ADMIN, RECRUITER, DemoServer
from tests.gallery.scene import Scene
from tests.support.factories import create_mailing, create_operation

_TYPED = {
    "subject": "Twaalf nieuwe vacatures in Utrecht",
    "preview_text": "Voor *|FNAME|*: direct beginnen",
    "from_name": "Sanne de Wit",
    "from_email": "sanne.dewit@cedarstaffing.example",
}


def draft_scenes(stage: DemoServer) -> Iterator[Scene]:
    """Each kind of trouble has a campaign of its own, because a picture leaves its draft behind."""
    changed = stage.campaign("Twee vensters", 20)
    yield Scene(
        "tab-form-changed-elsewhere",
        f"/campaigns/{changed}/mailchimp",
        action=lambda page: _change_elsewhere(stage, changed, page),
    )
    lost, offline = stage.campaign("Uitgelogd", 20), stage.campaign("Zonder netwerk", 20)
    yield Scene(
        "tab-form-logged-out",
        f"/campaigns/{lost}/mailchimp",
        action=lambda page: _type_logged_out(lost, page),
    )
    yield Scene(
        "tab-form-offline",
        f"/campaigns/{offline}/mailchimp",
        action=lambda page: _send_offline(offline, page),
    )
    free = f"/campaigns/{stage.campaign('Gratis afzender', 20)}/mailchimp"
    yield Scene("tab-form-free-mail-asked", free, action=_ask_with_free_mail)
    removed = stage.campaign("Van de planning", 20)
    mailing = create_mailing(stage.services, removed, "none", frozen_at=None)
    create_operation(
        stage.services,
        mailing,
        kind="unschedule",
        state="done",
        actor_name=RECRUITER.name,
        ended_at=stage.services.clock(),
    )
    yield Scene("tab-form-unscheduled", f"/campaigns/{removed}/mailchimp")


def _change_elsewhere(stage: DemoServer, campaign: str, page: Page) -> None:
    with stage.app.app_context():
        typed = {**_TYPED, "test_to": f"{secrets.token_hex(4)}@cedarstaffing.example"}
        form_drafts.save_draft(stage.services, Press(ADMIN, "other-window", campaign), typed)
    page.locator("#cxmc-subject").fill("Uit dit venster")
    page.locator("#cxmc-draft-status [role=alert]").wait_for()


def _type_logged_out(campaign: str, page: Page) -> None:
    page.route(f"**/cxmc/campaigns/{campaign}/*", lambda route: route.fulfill(status=401))
    page.locator("#cxmc-subject").fill("Getypt zonder sessie")
    page.locator("[data-cxmc-press-problem] a").wait_for()


def _send_offline(campaign: str, page: Page) -> None:
    page.route(f"**/cxmc/campaigns/{campaign}/*", lambda route: route.abort())
    page.wait_for_function("window.htmx")
    page.locator("#cxmc-send").click()
    page.locator("[data-cxmc-press-problem] [role=alert]").wait_for()


def _ask_with_free_mail(page: Page) -> None:
    page.locator("#cxmc-from_email").fill("sanne@gmail.com")
    page_actions.ask_confirmation("#cxmc-send")(page)
