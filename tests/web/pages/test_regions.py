"""Editable regions as a person fills them in."""

import pytest

from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.browser import Browser, Page
from tests.support.databases import on_both
from tests.support.factories import send_form

HTML = (
    '<h1 mc:edit="Kop & titel">Kop</h1><div mc:edit="main"><p onclick="x">Tekst</p></div>*|UNSUB|*'
)


@pytest.fixture
def path(
    connected: Services,
    host: MemoryHost,
    standin: StandinServer,
    queue: ManualQueue,
    browser: Browser,
) -> str:
    """A campaign whose form was filled in and previewed."""
    standin.state.accounts[DEMO_ACCOUNT].templates["10001"].html = HTML
    ref = host.add_campaign()
    host.add_to_campaign(ref, host.add_person("ada@a.example"))
    host.login("recruiter")
    browser.submit(f"/cxmc/campaigns/{ref}/preview", **send_form())
    queue.run_all()
    return f"/cxmc/campaigns/{ref}"


def typed(page: Page) -> dict[str, str]:
    """The names and values of everything in the form that belongs to the regions."""
    return {"regions_of": page.field("regions_of")["value"]}


def test_the_regions_are_labelled_fields_with_the_templates_texts(
    path: str, browser: Browser
) -> None:
    page = browser.open_page(path)
    assert {"region:Kop & titel", "region:main"} <= {
        item.get("name") for item in page.elements("textarea")
    }
    assert "Kop & titel" in page.text
    assert "&lt;p&gt;Tekst&lt;/p&gt;" in page.html
    assert "onclick=" not in page.html.split('id="cxmc-regions"')[1].split("</fieldset>")[0]


def test_an_edited_text_is_kept_shown_in_the_preview_and_sent(
    path: str, browser: Browser, queue: ManualQueue, standin: StandinServer
) -> None:
    fields = typed(browser.open_page(path)) | {"region:main": "<p>Nieuw &amp; vers</p>"}
    browser.submit(f"{path}/preview", **send_form(), **fields)
    queue.run_all()
    mail = browser.get(f"{path}/preview/mail?template=10001&person=1").get_data(as_text=True)
    assert "Nieuw" in mail
    page = browser.open_page(path)
    assert "&lt;p&gt;Nieuw &amp;amp; vers&lt;/p&gt;" in page.html
    browser.submit(f"{path}/send", **send_form(confirmed="yes"), **fields)
    queue.run_all()
    (mail,) = standin.outbox
    assert "<p>Nieuw &amp; vers</p>" in mail.html
    assert ">Kop</h1>" in mail.html


def test_what_mails_cannot_show_is_taken_out_and_named(path: str, browser: Browser) -> None:
    fields = typed(browser.open_page(path)) | {"region:main": "<p>Nieuw</p><script>x()</script>"}
    page = browser.submit(f"{path}/send", 422, **send_form(confirmed="yes"), **fields)
    assert "“main” contained something that mails cannot show: <script>." in page.text
    assert "&lt;p&gt;Nieuw&lt;/p&gt;</textarea>" in page.html
    assert "x()" not in page.html


def test_two_megabytes_are_refused(path: str, browser: Browser) -> None:
    data = {**send_form(), "region:main": "x" * 2_000_000}
    answer = browser.client.post(f"{path}/send", data=data)
    assert answer.status_code == 413


@pytest.mark.slow
@on_both
@pytest.mark.parametrize(
    "fields",
    [
        {"regions": '{"main": "<p>a\\u0000b\\ud800</p>", "\\u0000": "x"}'},
        {"regions": "[" * 50_000},
        {"blocks": "[" * 50_000},
        {
            "blocks": '{"main": {"ref": "\\u0000", "title": "\\ud800", "removed": ["\\u0000"],'
            ' "items": [["\\u0000", "a\\u0000", "<b>a\\ud800</b>"]]}}'
        },
    ],
)
def test_no_escape_in_a_hidden_field_breaks_a_page(
    path: str, browser: Browser, queue: ManualQueue, fields: dict[str, str]
) -> None:
    given = {**send_form(), **typed(browser.open_page(path)), **fields}
    for action in ("draft", "preview", "send"):
        assert browser.post(f"{path}/{action}", **given).status_code < 500, action
    browser.open_page(path)
    browser.post(f"{path}/send", **given, confirmed="yes")
    queue.run_all()
    browser.open_page(path)
