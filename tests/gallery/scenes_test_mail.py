"""Test mail and preview, from the refused address to the mail as a recipient reads it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlalchemy import select

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.rules import blocks
from cxmc_ext.standin import DEMO_ACCOUNT
from cxmc_ext.usecases.sending import form_drafts, test_mail_requests
from host_app.vacancies import VacancyBlocks
from tests.gallery import page_actions
from tests.gallery.demo_server import RECRUITER, DemoServer
from tests.gallery.scene import Scene


def test_mail_scenes(stage: DemoServer) -> Iterator[Scene]:
    """The test mail's line beside the form, and the preview."""
    services, tab = stage.services, "/campaigns/5/mailchimp"
    order = SendOrder(
        "Vacatures voor *|FNAME|*", RECRUITER.name, RECRUITER.email, usable_template_id(stage)
    )
    yield Scene("tab-form-test-refused", tab, action=page_actions.submit_invalid_test_address)
    to = f"{RECRUITER.email}, chef@cedarstaffing.example"
    stage.drop_queue()
    test_mail_requests.request_test_mail(
        services, Press(RECRUITER, "gallery-test-1", "5"), order, to
    )
    yield Scene("tab-form-test-under-way", tab)
    stage.run_queue()
    yield Scene("tab-form-test-sent", tab)
    limit = "You have sent the maximum number of test emails for today."
    stage.standin.state.faults.add("POST /campaigns/*/actions/test", "400", detail=limit)
    test_mail_requests.request_test_mail(
        services, Press(RECRUITER, "gallery-test-2", "5"), order, to
    )
    stage.run_queue()
    yield Scene("tab-form-test-no", tab)
    preview = f"/cxmc/campaigns/5/preview?template={order.template_id}"
    test_mail_requests.request_preview(
        services, Press(RECRUITER, "gallery-preview", "5"), order.template_id
    )
    yield Scene("preview-reading", preview)
    stage.run_queue()
    yield Scene("preview", tab, action=page_actions.preview)
    yield Scene("preview-plain", f"{preview}&person=7", javascript=False)
    empty = stage.campaign("Nog niemand te zien")
    nobody = f"/cxmc/campaigns/{empty}/preview?template={order.template_id}"
    yield Scene("preview-nobody", nobody)
    yield from _merge_tag_scenes(stage, order, tab)


def _merge_tag_scenes(stage: DemoServer, order: SendOrder, tab: str) -> Iterator[Scene]:
    """A template with texts to edit, a tag that is blank for some people, and one that nobody fills in."""
    templates = stage.standin.state.accounts[DEMO_ACCOUNT].templates
    template = templates[str(order.template_id)]
    html = template.html
    template.html = (
        '<div mc:edit="Inleiding"><p>*|SALUTATION|* *|PREFIX|*, *|JOBTITLE|* in *|OFICE|*</p></div>'
        f'<div mc:edit="Afsluiting"><p>Tot snel!</p></div>{html}'
    )
    _read_template(stage, order, "tags")
    values = {
        "subject": order.subject,
        "from_name": order.from_name,
        "from_email": order.from_email,
        "template_id": str(order.template_id),
    }
    form_drafts.save_draft(stage.services, Press(RECRUITER, "gallery-draft", "5"), values)
    yield Scene("tab-form-merge-tags", tab)
    preview = f"/cxmc/campaigns/5/preview?template={order.template_id}"
    yield Scene("preview-merge-tags", preview)
    yield Scene("recipients-blank", "/cxmc/campaigns/5/recipients?blank=PREFIX")
    yield Scene("tab-form-regions-refused", tab, action=page_actions.submit_script_in_region)
    _save_list(stage, values)
    yield Scene("tab-form-block", tab)
    _save_design(stage, values)
    yield Scene("tab-form-design", tab)
    template.html = html
    _read_template(stage, order, "again")


def _save_list(stage: DemoServer, values: Mapping[str, str]) -> None:
    """The vacancies in one text of the template; one is removed, and one has another title by now."""
    (offered,) = VacancyBlocks().blocks("5")
    items = [replace(item, title=item.title.replace("Zwolle", "Kampen")) for item in offered.items]
    filled = blocks.without(blocks.fill(replace(offered, items=items)), 0)
    typed = {
        "blocks": blocks.blocks_to_text({"Afsluiting": filled}),
        "regions_of": values["template_id"],
    }
    press = Press(RECRUITER, "gallery-draft", "5")
    form_drafts.save_draft(stage.services, press, {**values, **typed})


def _save_design(stage: DemoServer, values: Mapping[str, str]) -> None:
    """The design of a campaign among the templates, and chosen."""
    session = stage.services.session()
    account = session.scalars(select(Account)).one()
    design = {
        "id": -77,
        "name": "Nieuws van mei",
        "thumbnail": "",
        "edited_at": 1_779_000_000,
        "usable": True,
        "campaign": "5a7c0d1e2f",
    }
    account.templates = [*account.templates, design]
    session.commit()
    press = Press(RECRUITER, "gallery-draft", "5")
    form_drafts.save_draft(stage.services, press, {**values, "template_id": "-77"})


def _read_template(stage: DemoServer, order: SendOrder, nonce: str) -> None:
    press = Press(RECRUITER, f"gallery-read-{nonce}", "5")
    test_mail_requests.request_preview(stage.services, press, order.template_id)
    stage.run_queue()


def usable_template_id(stage: DemoServer) -> int:
    known = stage.services.session().scalars(select(Account.templates)).one()
    return next(int(one["id"]) for one in known if one["usable"])
