"""For CRMs with several MailChimp accounts: tenants in memory, and a contract for `for_account`."""

from cxmc_ext.domain.people import PersonKind, PersonRef, User
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.testing.contract import NAMES, TAG, HostContract
from cxmc_ext.testing.contract_optional import expect
from cxmc_ext.testing.memory import MemoryHost
from cxmc_ext.testing.sandbox import MultiAccountSandbox

_SHARED, _ONLY_OTHER = "both@x.example", "there@x.example"


class MemoryAccountHost(MemoryHost):
    """One tenant in memory, with the users of MemoryHost."""

    def __init__(self, account_ref: str) -> None:
        super().__init__()
        self.account_ref = account_ref


class MemoryMultiAccountHost(MemoryHost):
    """A CRM in memory with several tenants.

    Args:
        refs: The `account_ref` of each tenant; they are in `accounts`.
    """

    def __init__(self, *refs: str) -> None:
        super().__init__()
        self.accounts = {ref: MemoryAccountHost(ref) for ref in refs}
        self.current_ref: str | None = None

    def login_to(self, ref: str | None, name: str | None) -> None:
        """Chooses the tenant and the user of the following requests.

        Args:
            ref: The tenant; None for a request without one.
            name: The user of that tenant; None for nobody.
        """
        self.current_ref = ref
        if ref is not None:
            self.accounts[ref].login(name)

    def for_account(self, ref: str | None) -> MemoryAccountHost | None:
        """The Host as one tenant sees it."""
        if ref is None:
            return self.accounts.get(self.current_ref or "")
        return self.accounts.get(ref) or _empty_account(ref)

    def current_user(self) -> User | None:
        account = self.for_account(None)
        return account.current_user() if account else None


class MultiAccountContract(HostContract):
    """HostContract for a Host with `for_account`, plus tests that tenants are isolated::

    class TestAcmeHost(MultiAccountContract):
        def make(self):
            return AcmeTenantSandbox()
    """

    sandbox: MultiAccountSandbox

    def make(self) -> MultiAccountSandbox:
        """Returns an empty CRM with two tenants. Called for each test."""
        raise NotImplementedError(
            "MultiAccountContract: add make() to your subclass, returning a sandbox with two tenants."
        )

    def test_a_ref_always_gives_its_own_tenant(self) -> None:
        with self._calling("for_account"):
            for sandbox in (self.sandbox, self.sandbox.other_account):
                ref = getattr(sandbox.host, "account_ref", "")
                expect(0 < len(ref) <= 64, f"account_ref must be 1 to 64 characters, not {ref!r}.")
                actual = getattr(self._account(ref), "account_ref", None)
                expect(actual == ref, f"{ref!r} must give that tenant, not {actual!r}.")

    def test_an_unknown_ref_gives_an_empty_tenant(self) -> None:
        with self._calling("for_account"):
            account = self._account("no-such-tenant")
            campaign = self.sandbox.add_campaign("Contract")
            self.sandbox.add_people(PersonKind.CANDIDATE, [_SHARED])
            expect(
                account.campaign(campaign, None) is None, "an unknown tenant must have no campaign."
            )
            people = account.people_with_address([_SHARED])
            expect(not people, "an unknown tenant must have no people.")
            expect(not account.rights(self.sandbox.member), "an unknown tenant must have no users.")

    def test_a_tenant_does_not_see_campaigns_of_another(self) -> None:
        with self._calling("campaign") as host:
            own = self.sandbox.add_campaign("Mine")
            other = self.sandbox.other_account.add_campaign("Theirs")
            for user_id in (None, self.sandbox.member):
                seen = host.campaign(other, user_id)
                expect(
                    seen is None or (other == own and seen.title == "Mine"),
                    "another tenant's campaign must be None, for the extension (None), too.",
                )

    def test_a_tenant_does_not_find_people_of_another(self) -> None:
        with self._calling("people_with_address") as host:
            own, others = self._add_people_to_both()
            refs = host.people_with_address([_SHARED, _ONLY_OTHER])
            expect(list(refs.get(_SHARED, ())) == [own], "only this tenant's people may be found.")
            expect(not refs.get(_ONLY_OTHER), "an address of another tenant must find nobody.")
        with self._calling("people_by_ref") as host:
            addresses = [person.address for person in host.people_by_ref(others).values()]
            expect(_ONLY_OTHER not in addresses, "a ref of another tenant must be left out.")

    def test_an_opt_out_stays_with_its_tenant(self) -> None:
        with self._calling("opt_out") as host:
            own, others = self._add_people_to_both()
            other_host = self.sandbox.other_account.host
            for each_host in (host, other_host):
                each_host.ensure_opt_out_groups(TAG, NAMES)
            other_host.opt_out(TAG, others, "contract")
            expect(not host.opted_out(TAG, [own]), "nobody of this tenant opted out there.")
            opted_out = other_host.opted_out(TAG, others)
            expect(opted_out == set(others), "in the other tenant each of them did.")

    def _account(self, ref: str) -> Host:
        account = self.sandbox.multi_account_host.for_account(ref)
        if account is None:
            raise AssertionError(f"{ref!r} must give a view, an empty one if it is unknown.")
        return account

    def _add_people_to_both(self) -> tuple[PersonRef, list[PersonRef]]:
        """One person here; two in the other tenant, one of them with the same address."""
        (own,) = self.sandbox.add_people(PersonKind.CANDIDATE, [_SHARED])
        other_account = self.sandbox.other_account
        return own, other_account.add_people(PersonKind.CANDIDATE, [_SHARED, _ONLY_OTHER])


def _empty_account(ref: str) -> MemoryAccountHost:
    account = MemoryAccountHost(ref)
    account.users.clear()
    return account
