"""MailChimp's webhook registers itself: once, with the present address, and no longer than it is needed."""

import pytest

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_KEY, OTHER_KEY
from cxmc_ext.standin.models import Webhook
from cxmc_ext.usecases.accounts import activation, deactivation, key_rotation
from cxmc_ext.usecases.accounts.webhook import WebhookState, webhook_state
from cxmc_ext.usecases.shared import api_keys
from tests.support.administrator import Administrator
from tests.support.databases import on_both

SECRET, NEXT_SECRET = "s" * 22, "n" * 22
ADDRESS = f"https://crm.example/cxmc/webhook/{SECRET}"


def change_settings(administrator: Administrator, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(administrator.services.settings, name, value)


@pytest.fixture
def reachable(administrator: Administrator) -> Administrator:
    """The administrator of a CRM that MailChimp can reach."""
    change_settings(administrator, public_url="https://crm.example", webhook_secrets=(SECRET,))
    return administrator


def webhooks(administrator: Administrator) -> list[Webhook]:
    """Those of all audiences of the account."""
    audiences = administrator.remote_account.lists.values()
    return [webhook for audience in audiences for webhook in audience.webhooks.values()]


def state(administrator: Administrator) -> WebhookState:
    return webhook_state(administrator.services.settings, administrator.account)


def foreign_webhook(administrator: Administrator, url: str) -> None:
    flags = {"unsubscribe": True}
    administrator.audience.webhooks["theirs"] = Webhook("theirs", url, flags, flags, "k")


@on_both
def test_ten_initializes_register_one_webhook(reachable: Administrator) -> None:
    assert reachable.initialize(DEMO_KEY).state == "done"
    (first,) = webhooks(reachable)
    assert [reachable.initialize(DEMO_KEY).state for _ in range(9)] == ["done"] * 9
    (webhook,) = webhooks(reachable)
    assert (webhook.id, webhook.url) == (first.id, ADDRESS)
    assert {name for name, wanted in webhook.events.items() if wanted} == {"unsubscribe", "cleaned"}
    account = reachable.account
    assert (account.webhook_id, account.webhook_problem) == (webhook.id, None)
    assert state(reachable) is WebhookState.REGISTERED
    assert webhook.secret not in (account.sealed_webhook_key or "")
    key = api_keys.unseal(reachable.services, account.id, account.sealed_webhook_key or "")
    assert key == webhook.secret


def test_without_a_public_address_there_is_none(administrator: Administrator) -> None:
    assert administrator.initialize(DEMO_KEY).state == "done"
    assert webhooks(administrator) == []
    assert state(administrator) is WebhookState.NO_ADDRESS


def test_a_lost_answer_is_looked_up_and_its_webhook_replaced(reachable: Administrator) -> None:
    """What the calls are signed with was in the answer that got lost."""
    reachable.standin.state.faults.add("POST /lists/*/webhooks", "reset_after")
    assert reachable.initialize(DEMO_KEY).state == "done"
    (webhook,) = webhooks(reachable)
    assert reachable.account.webhook_id == webhook.id
    assert state(reachable) is WebhookState.REGISTERED


@pytest.mark.parametrize(
    "change",
    [
        {"webhook_secrets": (NEXT_SECRET, SECRET)},
        {"webhook_secrets": (NEXT_SECRET,)},
        {"public_url": "https://crm.other.example"},
    ],
)
def test_another_address_replaces_the_webhook(
    reachable: Administrator, change: dict[str, object]
) -> None:
    reachable.initialize(DEMO_KEY)
    foreign_webhook(reachable, "https://shop.example/hook")
    change_settings(reachable, **change)
    assert state(reachable) is WebhookState.OUTDATED
    reachable.initialize(DEMO_KEY)
    assert {webhook.url for webhook in webhooks(reachable)} == {
        "https://shop.example/hook",
        reachable.services.settings.webhook_url,
    }
    assert state(reachable) is WebhookState.REGISTERED


def test_one_that_was_added_by_hand_is_replaced(reachable: Administrator) -> None:
    """We cannot check its signature."""
    change_settings(reachable, public_url="")
    reachable.initialize(DEMO_KEY)
    foreign_webhook(reachable, ADDRESS)
    change_settings(reachable, public_url="https://crm.example")
    reachable.initialize(DEMO_KEY)
    (webhook,) = webhooks(reachable)
    assert (webhook.url, webhook.id == "theirs") == (ADDRESS, False)


@on_both
def test_it_moves_with_the_audience_and_goes_with_the_module(reachable: Administrator) -> None:
    reachable.initialize(DEMO_KEY)
    first = reachable.account.list_id
    other = next(each for each in reachable.remote_account.lists if each != first)
    offer = [{"id": other, "name": "Another one"}]
    accounts.update_columns(reachable.session, reachable.account.id, audiences=offer)
    reachable.services.session().commit()
    assert reachable.initialize(DEMO_KEY, other).state == "done"
    assert reachable.account.list_id == other
    assert list(reachable.remote_account.lists[first].webhooks) == []
    assert [webhook.url for webhook in reachable.audience.webhooks.values()] == [ADDRESS]
    deactivation.request_deactivation(reachable.services, Press(reachable.admin, "off"))
    reachable.run_workers()
    assert (webhooks(reachable), reachable.account.state) == ([], "inactive")
    activation.request_activation(reachable.services, Press(reachable.admin, "on again"))
    reachable.run_workers()
    assert state(reachable) is WebhookState.REGISTERED


def test_it_leaves_an_account_that_is_replaced(reachable: Administrator) -> None:
    reachable.initialize(DEMO_KEY)
    assert reachable.initialize(OTHER_KEY).state == "done"
    assert webhooks(reachable) == []
    assert state(reachable) is WebhookState.REGISTERED


@pytest.mark.parametrize("fault", ["400", "503_akamai", "reset_before"])
def test_a_refusal_leaves_the_account_connected_and_is_told(
    reachable: Administrator, fault: str
) -> None:
    reachable.standin.state.faults.add("POST /lists/*/webhooks", fault, times=0)
    done = reachable.initialize(DEMO_KEY)
    assert (done.state, done.problems) == ("done", [])
    problem = reachable.account.webhook_problem
    assert problem["code"] == "webhook_refused"
    assert SECRET not in str(problem)
    assert state(reachable) is WebhookState.MISSING


def test_rotation_keeps_what_calls_are_signed_with(reachable: Administrator) -> None:
    reachable.initialize(DEMO_KEY)
    before = reachable.account.sealed_webhook_key
    assert key_rotation.rotate_key(reachable.services, reachable.admin)
    account = reachable.account
    assert account.sealed_webhook_key not in (None, before)
    (webhook,) = webhooks(reachable)
    key = api_keys.unseal(reachable.services, account.id, account.sealed_webhook_key or "")
    assert key == webhook.secret
