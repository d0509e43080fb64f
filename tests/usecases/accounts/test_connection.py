"""“Initialize”: a new key is tried before it replaces the old one."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import SenderDomain
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.services import Services
from cxmc_ext.standin import (
    AUTHOR_KEY,
    DEMO_ACCOUNT,
    DEMO_KEY,
    DISABLED_KEY,
    EMPTY_KEY,
    FREE_KEY,
    OTHER_KEY,
    VIEWER_KEY,
)
from cxmc_ext.usecases.accounts import connection_requests
from cxmc_ext.usecases.accounts import details as account_details
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.worker import runner
from tests.support.administrator import MASTER_LIST_NAME, Administrator
from tests.support.environment import problem_codes
from tests.support.recruiter import Recruiter
from tests.support.steps import act_before_step


def test_first_key_creates_the_audience_and_its_fields_and_reads_templates(
    administrator: Administrator,
) -> None:
    done = administrator.initialize(f" {DEMO_KEY} ")
    account = administrator.account
    assert (done.state, done.problems) == ("done", [])
    assert (account.key_datacenter, account.key_tail, account.key_stored_by) == (
        "us21",
        "0ded",
        "Ada Admin",
    )
    assert (account.list_name, administrator.count_audiences()) == (MASTER_LIST_NAME, 1)
    audience = administrator.standin.state.accounts[DEMO_ACCOUNT].lists[account.list_id]
    names = {field.tag: field.name for field in audience.merge_fields}
    assert {"Owner Name", "Owner Email", "Last Name Prefix"} <= set(names.values())
    assert {row["name"]: row["usable"] for row in account.templates} == {
        "Support": True,
        "Vacature-update": True,
        "Nieuwsbrief november": True,
        "Leeg sjabloon": True,
        "Zomeractie (nieuwe editor)": False,
    }
    assert {row["domain"]: row["verified"] for row in account.sender_domains} == {
        "cedarstaffing.example": True,
        "nieuwedomein.example": False,
    }


def test_pressing_twice_creates_nothing_twice(administrator: Administrator) -> None:
    administrator.initialize(DEMO_KEY)
    administrator.initialize(DEMO_KEY)
    account = administrator.account
    audience = administrator.standin.state.accounts[DEMO_ACCOUNT].lists[account.list_id]
    tags = [field.tag for field in audience.merge_fields]
    assert administrator.count_audiences() == 1
    assert len(tags) == len(set(tags))


def test_key_is_encrypted_and_does_not_outlive_its_operation(administrator: Administrator) -> None:
    done = administrator.initialize(DEMO_KEY)
    account = administrator.account
    assert DEMO_KEY[:32] not in (account.sealed_key or "")
    assert "sealed_key" not in done.payload
    session = administrator.services.session()
    for table in ("cxmc_account", "cxmc_operation", "cxmc_remote_call"):
        assert DEMO_KEY[:32] not in str(session.execute(text(f"SELECT * FROM {table}")).all())
    session.rollback()
    assert api_keys.client_for(administrator.services, account).account().account_id == DEMO_ACCOUNT


def test_initialize_without_a_key_uses_the_one_in_use_unless_it_is_refused(
    administrator: Administrator,
) -> None:
    administrator.initialize(DEMO_KEY)
    assert administrator.initialize("").state == "done"
    assert (administrator.account.key_tail, administrator.count_audiences()) == (DEMO_KEY[28:32], 1)
    session = administrator.services.session()
    accounts.update_columns(session, administrator.account.id, key_refused=True)
    session.commit()
    with pytest.raises(Invalid):
        administrator.initialize("")


@pytest.mark.parametrize("key", ["", "abc", DEMO_KEY + "\n", DEMO_KEY[:-4] + "evil.com/#"])
def test_text_that_is_not_a_key_makes_no_request(administrator: Administrator, key: str) -> None:
    before = administrator.standin.state.requests.routes.total()
    with pytest.raises(Invalid) as error:
        administrator.initialize(key)
    assert error.value.fields["key"].code == "key_shape"
    assert key == "" or key not in str(error.value)
    assert administrator.standin.state.requests.routes.total() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "code"),
    [
        (DISABLED_KEY, "key_refused"),
        ("0" * 32 + "-us1", "key_refused"),
        (VIEWER_KEY, "key_role"),
        (AUTHOR_KEY, "key_role"),
        (FREE_KEY, "key_free_plan"),
    ],
)
def test_refused_key_leaves_the_old_one_in_use(
    administrator: Administrator, key: str, code: str
) -> None:
    administrator.initialize(DEMO_KEY)
    before = administrator.account
    done = administrator.initialize(key)
    after = administrator.account
    assert (done.state, problem_codes(done)) == ("failed", [code])
    assert (after.sealed_key, after.key_tail, after.key_refused) == (
        before.sealed_key,
        before.key_tail,
        False,
    )


def test_key_of_another_account_is_accepted_if_the_first_has_no_campaigns(
    administrator: Administrator,
) -> None:
    administrator.initialize(DEMO_KEY)
    done = administrator.initialize(OTHER_KEY)
    assert done.state == "done"
    assert administrator.account.remote_account_name == "Ander Bureau"


def test_key_of_another_account_is_refused_if_the_first_has_campaigns(
    recruiter: Recruiter,
) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    admin = recruiter.host.users["admin"][0]
    pressed = connection_requests.request_connection(
        recruiter.services, Press(admin, "other"), OTHER_KEY, None
    )
    recruiter.run_workers()
    assert problem_codes(recruiter.operation(pressed)) == ["key_other_account"]
    assert recruiter.account.remote_account_id == DEMO_ACCOUNT


def test_unreachable_mailchimp_fails_after_a_few_attempts(administrator: Administrator) -> None:
    administrator.initialize(DEMO_KEY)
    before = administrator.account.sealed_key
    administrator.standin.state.faults.add("GET /", "503_akamai", times=0)
    done = administrator.initialize(DEMO_KEY)
    assert (done.state, problem_codes(done)) == ("failed", ["mailchimp_unreachable"])
    assert administrator.account.sealed_key == before


def test_account_without_templates_is_connected(
    administrator: Administrator,
) -> None:
    assert administrator.initialize(EMPTY_KEY).state == "done"
    assert administrator.account.templates == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429", "html_200"])
@pytest.mark.parametrize("match", ["POST /lists", "POST /lists/*/merge-fields"])
def test_lost_response_creates_no_second_audience_or_field(
    administrator: Administrator, match: str, kind: str
) -> None:
    administrator.standin.state.faults.add(match, kind)
    done = administrator.initialize(DEMO_KEY)
    assert (done.state, administrator.count_audiences()) == ("done", 1)
    audience = administrator.standin.state.accounts[DEMO_ACCOUNT].lists[
        administrator.account.list_id
    ]
    tags = [field.tag for field in audience.merge_fields]
    assert len(tags) == len(set(tags))


def test_user_chooses_an_audience_if_the_plan_allows_no_further_one(
    app_config: Callable[..., None], administrator: Administrator
) -> None:
    app_config(require_paid_plan=False)
    first = administrator.initialize(FREE_KEY)
    assert (first.state, problem_codes(first)) == ("not_ready", ["choose_audience"])
    assert [row["name"] for row in administrator.account.audiences] == ["Onze contacten"]
    assert administrator.account.sealed_key is None
    chosen = administrator.account.audiences[0]["id"]
    with pytest.raises(Invalid) as error:
        administrator.initialize("", "not-offered")
    assert error.value.fields["audience_id"].code == "audience_unknown"
    done = administrator.initialize("", chosen)
    assert (done.state, administrator.account.list_id) == ("done", chosen)
    assert administrator.account.key_tail == FREE_KEY[28:32]


@pytest.fixture
def app_config(services: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**values: object) -> None:
        for name, value in values.items():
            object.__setattr__(services.settings, name, value)

    return change


def test_refresh_reads_templates_and_domains(administrator: Administrator) -> None:
    administrator.initialize(DEMO_KEY)
    administrator.standin.state.accounts[DEMO_ACCOUNT].templates["10001"].name = "Support 2"
    pressed = account_details.request_refresh(
        administrator.services, Press(administrator.admin, "r")
    )
    administrator.run_workers()
    assert administrator.operation(pressed).state == "done"
    assert "Support 2" in {row["name"] for row in administrator.account.templates}


def test_refresh_without_a_key_is_a_conflict(administrator: Administrator) -> None:
    with pytest.raises(Conflict) as error:
        account_details.request_refresh(administrator.services, Press(administrator.admin, "r"))
    assert error.value.problem.code == "no_key"


def test_revoked_key_stops_the_account_until_a_new_one_is_initialized(
    administrator: Administrator,
) -> None:
    administrator.initialize(DEMO_KEY)
    administrator.standin.state.faults.add("GET /**", "401", times=0)
    pressed = account_details.request_refresh(
        administrator.services, Press(administrator.admin, "r")
    )
    administrator.run_workers()
    assert problem_codes(administrator.operation(pressed)) == ["key_refused"]
    assert administrator.account.key_refused
    with pytest.raises(Conflict) as error:
        account_details.request_refresh(administrator.services, Press(administrator.admin, "r2"))
    assert error.value.problem.code == "key_refused"
    administrator.standin.state.faults.clear()
    administrator.initialize(DEMO_KEY)
    assert not administrator.account.key_refused


@pytest.mark.parametrize("sent", [True, False], ids=["sent meanwhile", "pressed meanwhile"])
def test_campaign_sent_while_a_key_of_another_account_is_tried_keeps_its_account(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch, sent: bool
) -> None:
    recruiter.add("anna@kandidaten.example")
    admin = recruiter.host.users["admin"][0]
    pressed = connection_requests.request_connection(
        recruiter.services, Press(admin, "other"), OTHER_KEY, None
    )

    def send() -> None:
        operation_id = recruiter.send()
        if sent:
            recruiter.run_once(operation_id)

    act_before_step(monkeypatch, "store", send, kinds=[OperationKind.CONNECT])
    recruiter.run_once(pressed)
    recruiter.run_workers()
    assert problem_codes(recruiter.operation(pressed)) == ["key_other_account"]
    assert recruiter.account.remote_account_id == DEMO_ACCOUNT
    assert recruiter.mailed_addresses == ["anna@kandidaten.example"]


def test_templates_are_read_again_if_the_key_was_replaced_meanwhile(
    administrator: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator.initialize(DEMO_KEY)
    pressed = account_details.request_refresh(
        administrator.services, Press(administrator.admin, "r")
    )
    rows = account_details.domain_rows

    def replaced(found: tuple[SenderDomain, ...]) -> list[Json]:
        monkeypatch.setattr(account_details, "domain_rows", rows)
        administrator.services.session().rollback()
        key = connection_requests.request_connection(
            administrator.services, Press(administrator.admin, "k"), OTHER_KEY, None
        )
        runner.run(administrator.services, key)
        return rows(found)

    monkeypatch.setattr(account_details, "domain_rows", replaced)
    runner.run(administrator.services, pressed)
    administrator.run_workers()
    account = administrator.account
    there = api_keys.client_for(administrator.services, account).templates()
    assert administrator.operation(pressed).state == "done"
    assert {row["id"] for row in account.templates} == {template.id for template in there}
