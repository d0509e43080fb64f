"""“Initialize”: the key is tried before it replaces the old one."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from desk import Desk
from sqlalchemy import select, text

from cxmc_ext.db.models import Account, Operation
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.values import User
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
    StandinServer,
)
from cxmc_ext.testing import HandQueue
from cxmc_ext.usecases import activate, connect, domains, keyring, operations, tick

MASTER = "Carerix Users MailChimp Master List"


@dataclass
class Settings:
    """The settings of the tab, as an administrator uses them."""

    services: Services
    queue: HandQueue
    standin: StandinServer
    admin: User
    presses: int = 0

    def initialize(self, key: str, audience: str | None = None) -> Operation:
        self.presses += 1
        pressed = connect.request_connect(
            self.services, self.admin, f"c{self.presses}", key, audience
        )
        self.work()
        return self.operation(pressed)

    def work(self) -> None:
        for _ in range(6):
            self.queue.run_all()
            session = self.services.session()
            session.execute(text("UPDATE cxmc_operation SET next_at = 0, lease_until = 0"))
            session.execute(text("UPDATE cxmc_account SET back_off_until = 0"))
            session.commit()
            tick.tick(self.services)
        self.queue.run_all()

    def operation(self, pressed: int) -> Operation:
        session = self.services.session()
        session.rollback()
        found = session.get_one(Operation, pressed, populate_existing=True)
        session.expunge(found)
        session.rollback()
        return found

    @property
    def account(self) -> Account:
        session = self.services.session()
        session.rollback()
        found = session.execute(
            select(Account).execution_options(populate_existing=True)
        ).scalar_one()
        session.expunge(found)
        session.rollback()
        return found

    def audiences(self, name: str = MASTER) -> int:
        lists = self.standin.state.accounts[DEMO_ACCOUNT].lists.values()
        return sum(each.name == name for each in lists)


@pytest.fixture
def settings(
    services: Services,
    queue: HandQueue,
    standin: StandinServer,
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    monkeypatch.setattr(operations, "PATIENCE", -1.0)
    activate.request_activation(services, admin, "on")
    queue.run_all()
    return Settings(services, queue, standin, admin)


def codes(operation: Operation) -> list[str]:
    return [why["code"] for why in operation.why]


def test_the_first_key_makes_the_audience_its_fields_and_reads_templates(
    settings: Settings,
) -> None:
    done = settings.initialize(f" {DEMO_KEY} ")
    account = settings.account
    assert (done.state, done.why) == ("done", [])
    assert (account.key_dc, account.key_tail, account.key_by) == ("us21", "0ded", "Ada Admin")
    assert (account.list_name, settings.audiences()) == (MASTER, 1)
    made = settings.standin.state.accounts[DEMO_ACCOUNT].lists[account.list_id]
    names = {field.tag: field.name for field in made.merge_fields}
    assert {"Owner Name", "Owner Email", "Last Name Prefix"} <= set(names.values())
    assert {row["name"]: row["usable"] for row in account.templates} == {
        "Support": True,
        "Vacature-update": True,
        "Nieuwsbrief november": True,
        "Leeg sjabloon": True,
        "Zomeractie (nieuwe editor)": False,
    }
    assert {row["domain"]: row["verified"] for row in account.domains} == {
        "cedarstaffing.example": True,
        "nieuwedomein.example": False,
    }


def test_pressing_twice_creates_nothing_twice(settings: Settings) -> None:
    settings.initialize(DEMO_KEY)
    settings.initialize(DEMO_KEY)
    account = settings.account
    made = settings.standin.state.accounts[DEMO_ACCOUNT].lists[account.list_id]
    tags = [field.tag for field in made.merge_fields]
    assert settings.audiences() == 1
    assert len(tags) == len(set(tags))


def test_the_key_is_sealed_and_does_not_outlive_its_operation(settings: Settings) -> None:
    done = settings.initialize(DEMO_KEY)
    account = settings.account
    assert DEMO_KEY[:32] not in (account.key_sealed or "")
    assert "key" not in done.payload
    session = settings.services.session()
    for table in ("cxmc_account", "cxmc_operation", "cxmc_call"):
        assert DEMO_KEY[:32] not in str(session.execute(text(f"SELECT * FROM {table}")).all())
    session.rollback()
    assert keyring.client_of(settings.services, account).account().account_id == DEMO_ACCOUNT


@pytest.mark.parametrize("key", ["", "abc", DEMO_KEY + "\n", DEMO_KEY[:-4] + "evil.com/#"])
def test_what_is_no_key_makes_no_request(settings: Settings, key: str) -> None:
    before = settings.standin.state.traffic.routes.total()
    with pytest.raises(Invalid) as told:
        settings.initialize(key)
    assert told.value.fields["key"].code == "key_shape"
    assert key == "" or key not in str(told.value)
    assert settings.standin.state.traffic.routes.total() == before


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
def test_a_refused_key_leaves_the_old_one_in_place(settings: Settings, key: str, code: str) -> None:
    settings.initialize(DEMO_KEY)
    before = settings.account
    done = settings.initialize(key)
    after = settings.account
    assert (done.state, codes(done)) == ("failed", [code])
    assert (after.key_sealed, after.key_tail, after.key_refused) == (
        before.key_sealed,
        before.key_tail,
        False,
    )


def test_a_key_of_another_account_is_taken_while_no_campaign_lives_in_the_first(
    settings: Settings,
) -> None:
    settings.initialize(DEMO_KEY)
    done = settings.initialize(OTHER_KEY)
    assert done.state == "done"
    assert settings.account.remote_name == "Ander Bureau"


def test_a_key_of_another_account_is_refused_while_campaigns_live_in_the_first(desk: Desk) -> None:
    desk.add("anna@kandidaten.example")
    desk.send()
    desk.work()
    admin = desk.host.users["admin"][0]
    pressed = connect.request_connect(desk.services, admin, "other", OTHER_KEY, None)
    desk.work()
    assert codes(desk.operation(pressed)) == ["key_other_account"]
    assert desk.account().remote_account == DEMO_ACCOUNT


def test_an_unreachable_mailchimp_ends_after_a_few_tries(settings: Settings) -> None:
    settings.initialize(DEMO_KEY)
    before = settings.account.key_sealed
    settings.standin.state.faults.add("GET /", "503_akamai", times=0)
    done = settings.initialize(DEMO_KEY)
    assert (done.state, codes(done)) == ("failed", ["mailchimp_unreachable"])
    assert settings.account.key_sealed == before


def test_an_account_without_templates_is_connected_and_has_none(settings: Settings) -> None:
    assert settings.initialize(EMPTY_KEY).state == "done"
    assert settings.account.templates == []


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429", "html_200"])
@pytest.mark.parametrize("match", ["POST /lists", "POST /lists/*/merge-fields"])
def test_a_lost_answer_makes_no_second_audience_or_field(
    settings: Settings, match: str, kind: str
) -> None:
    settings.standin.state.faults.add(match, kind)
    done = settings.initialize(DEMO_KEY)
    assert (done.state, settings.audiences()) == ("done", 1)
    made = settings.standin.state.accounts[DEMO_ACCOUNT].lists[settings.account.list_id]
    tags = [field.tag for field in made.merge_fields]
    assert len(tags) == len(set(tags))


def test_where_the_plan_allows_no_further_audience_a_person_chooses(
    app_config: Callable[..., None], settings: Settings
) -> None:
    app_config(require_paid_plan=False)
    first = settings.initialize(FREE_KEY)
    assert (first.state, codes(first)) == ("not_ready", ["choose_audience"])
    assert [row["name"] for row in settings.account.audiences] == ["Onze contacten"]
    assert settings.account.key_sealed is None
    chosen = settings.account.audiences[0]["id"]
    with pytest.raises(Invalid) as told:
        settings.initialize("", "not-offered")
    assert told.value.fields["audience_id"].code == "audience_unknown"
    done = settings.initialize("", chosen)
    assert (done.state, settings.account.list_id) == ("done", chosen)
    assert settings.account.key_tail == FREE_KEY[28:32]


@pytest.fixture
def app_config(services: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**values: object) -> None:
        for name, value in values.items():
            object.__setattr__(services.settings, name, value)

    return change


def test_refresh_reads_templates_and_domains_anew(settings: Settings) -> None:
    settings.initialize(DEMO_KEY)
    settings.standin.state.accounts[DEMO_ACCOUNT].templates["10001"].name = "Support 2"
    pressed = connect.request_refresh(settings.services, settings.admin, "r")
    settings.work()
    assert settings.operation(pressed).state == "done"
    assert "Support 2" in {row["name"] for row in settings.account.templates}


def test_refresh_without_a_key_is_a_conflict(settings: Settings) -> None:
    with pytest.raises(Conflict) as told:
        connect.request_refresh(settings.services, settings.admin, "r")
    assert told.value.why.code == "no_key"


def test_a_revoked_key_stops_the_account_until_a_new_one_is_initialised(settings: Settings) -> None:
    settings.initialize(DEMO_KEY)
    settings.standin.state.faults.add("GET /**", "401", times=0)
    pressed = connect.request_refresh(settings.services, settings.admin, "r")
    settings.work()
    assert codes(settings.operation(pressed)) == ["key_refused"]
    assert settings.account.key_refused
    with pytest.raises(Conflict) as told:
        connect.request_refresh(settings.services, settings.admin, "r2")
    assert told.value.why.code == "key_refused"
    settings.standin.state.faults.clear()
    settings.initialize(DEMO_KEY)
    assert not settings.account.key_refused


def test_a_domain_is_verified_from_here(settings: Settings) -> None:
    settings.initialize(DEMO_KEY)
    mailed = domains.request_mail(
        settings.services, settings.admin, "m", "Info@nieuwedomein.example"
    )
    settings.work()
    assert settings.operation(mailed).state == "done", settings.operation(mailed).why
    code = settings.standin.state.accounts[DEMO_ACCOUNT].domains["nieuwedomein.example"].code
    wrong = domains.request_code(
        settings.services, settings.admin, "w", "nieuwedomein.example", "0"
    )
    settings.work()
    assert codes(settings.operation(wrong)) == ["domain_code_wrong"]
    right = domains.request_code(
        settings.services, settings.admin, "c", "nieuwedomein.example", f" {code} "
    )
    settings.work()
    assert settings.operation(right).state == "done"
    verified = {row["domain"]: row["verified"] for row in settings.account.domains}
    assert verified["nieuwedomein.example"]


def test_free_mail_cannot_be_verified_and_says_so(settings: Settings) -> None:
    settings.initialize(DEMO_KEY)
    for email, code in (("rosa@gmail.com", "free_mail"), ("rosa", "from_email_wrong")):
        with pytest.raises(Invalid) as told:
            domains.request_mail(settings.services, settings.admin, "m", email)
        assert told.value.fields["email"].code == code


def test_a_domain_that_was_not_read_or_a_code_that_is_none_is_refused(settings: Settings) -> None:
    settings.initialize(DEMO_KEY)
    for domain, code, field in (
        ("evil.example", "1", "domain"),
        ("nieuwedomein.example", "/", "code"),
    ):
        with pytest.raises(Invalid) as told:
            domains.request_code(settings.services, settings.admin, "c", domain, code)
        assert list(told.value.fields) == [field]
