"""A mail with an edited text and a list of the CRM, previewed before it is sent."""

from cxmc_ext.domain.blocks import FilledBlock, FilledItem
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.rules.blocks import rendered
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.sending import test_mail_requests
from tests.faults.fault_environment import FaultEnvironment
from tests.support.factories import SUPPORT_TEMPLATE_ID, send_order

HTML = '<div mc:edit="main"><p>Tekst</p></div><div mc:edit="list"><p>Leeg</p></div><p>*|UNSUB|*</p>'
TEXT = "<p>Dag *|FNAME|*, dit is nieuw.</p>"
LIST = FilledBlock(
    "vacancies", "Vacatures", (FilledItem("1", "Kok", '<a href="https://a.example/1">Kok</a>'),)
)
REGIONS = {"main": TEXT, **rendered({"list": LIST})}


def preview(env: FaultEnvironment) -> None:
    """The template has regions, and its preview showed both."""
    env.remote_account.templates[str(SUPPORT_TEMPLATE_ID)].html = HTML
    user = env.host.users["recruiter"][0]
    for nonce, regions in (("template", {}), ("content", REGIONS)):
        press = Press(user, f"start-{nonce}", env.campaign)
        test_mail_requests.request_preview(env.services, press, SUPPORT_TEMPLATE_ID, regions)
        env.run_workers()


def press_send(env: FaultEnvironment, nonce: str) -> int:
    """“Create and send” with this content."""
    order = send_order(regions=REGIONS, blocks={"list": LIST})
    press = Press(env.host.users["recruiter"][0], nonce, env.campaign)
    return sending_requests.request_send(env.services, press, order)


def was_sent_as_previewed(env: FaultEnvironment) -> None:
    """Every mail contains the text and the list."""
    mails = list(env.standin.outbox)
    assert [mail.html for mail in mails if "dit is nieuw" not in mail.html] == []
    assert [mail.html for mail in mails if "https://a.example/1" not in mail.html] == []
    assert mails
