"""What `flask cxmc doctor` says about the account: its key or login, and its webhook."""

import pytest

from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY, StandinServer
from tests.support.installation import Installation


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        (
            "update cxmc_account set key_tail = ''",
            "ok   MailChimp key: login with MailChimp (us21): stored encrypted.",
        ),
        (
            "update cxmc_account set sealed_key = NULL",
            "ok   MailChimp key: none yet: enter it, or log in, in the settings.",
        ),
    ],
)
def test_a_key_need_not_have_been_entered(installation: Installation, sql: str, line: str) -> None:
    installation.sql(sql)
    assert line in installation.lines()


def test_the_webhook_is_reported_as_it_is(
    installation: Installation, standin: StandinServer
) -> None:
    expected = "ok   there is no webhook, so unsubscribes are found when a report is read"
    assert any(line.startswith(expected) for line in installation.lines())
    installation.settings(public_url="https://crm.example", webhook_secrets=("x" * 22,))
    installation.app.test_cli_runner().invoke(
        args=["cxmc", "connect", "--key-stdin"], input=DEMO_KEY
    )
    expected = "ok   MailChimp calls the webhook: unsubscribes arrive within seconds."
    assert expected in installation.lines()
    assert not [line for line in installation.problems("--online") if "webhook" in line]
    for audience in standin.state.accounts[DEMO_ACCOUNT].lists.values():
        audience.webhooks.clear()
    (line,) = [line for line in installation.problems("--online") if "webhook" in line]
    assert line == "warn the webhook was deleted or changed in MailChimp: press Initialize."
    installation.sql("update cxmc_account set webhook_id = '', state = 'inactive'")
    assert not [line for line in installation.problems() if "webhook" in line], "deleted with it"
    installation.sql("update cxmc_account set state = 'active'")
    assert [line for line in installation.problems() if "has no webhook of ours" in line]
