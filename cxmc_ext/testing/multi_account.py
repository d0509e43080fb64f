"""For CRMs with several MailChimp accounts: tenants in memory, and the promises their Host makes beside."""

from typing import Protocol

from cxmc_ext.domain.people import PersonKind, PersonRef, User
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.testing.contract import NAMES, TAG, HostContract, HostSandbox
from cxmc_ext.testing.contract_optional import expect
from cxmc_ext.testing.memory import MemoryHost

_SHARED, _THERE = "both@x.example", "there@x.example"


class MemoryAccountHost(MemoryHost):
    """One tenant: a CRM of its own, with the cast of MemoryHost."""

    def __init__(self, account_ref: str) -> None:
        super().__init__()
        self.account_ref = account_ref


class MemoryMultiAccountHost(MemoryHost):
    """Several tenants in memory. `visit(ref, name)` decides which of them the request belongs to."""

    def __init__(self, *refs: str) -> None:
        super().__init__()
        self.accounts = {ref: MemoryAccountHost(ref) for ref in refs}
        self.current_ref: str | None = None

    def login_to(self, ref: str | None, name: str | None) -> None:
        self.current_ref = ref
        if ref is not None:
            self.accounts[ref].login(name)

    def for_account(self, ref: str | None) -> MemoryAccountHost | None:
        if ref is None:
            return self.accounts.get(self.current_ref or "")
        return self.accounts.get(ref) or _nobodys(ref)

    def current_user(self) -> User | None:
        view = self.for_account(None)
        return view.current_user() if view else None


class MultiAccountSandbox(HostSandbox, Protocol):
    """One tenant of the integrator's CRM; `host` is its view, `crm` the Host that has `for_account`."""

    multi_account_host: Host
    other_account: HostSandbox
    """Another tenant of the same CRM."""


class MultiAccountContract(HostContract):
    """HostContract for a Host with `for_account`: all of it, and that tenants are strangers.

    ``class TestAcmeHost(TenantContract): def make(self): return AcmeTenantWorld()``
    """

    sandbox: MultiAccountSandbox

    def make(self) -> MultiAccountSandbox:
        raise NotImplementedError("TenantContract: give your subclass a make() with two tenants.")

    def test_a_ref_always_gives_its_own_tenant(self) -> None:
        with self._told("for_account"):
            for world in (self.sandbox, self.sandbox.other_account):
                ref = getattr(world.host, "account_ref", "")
                expect(0 < len(ref) <= 64, f"account_ref must be 1 to 64 characters, not {ref!r}.")
                again = getattr(self._view(ref), "account_ref", None)
                expect(again == ref, f"{ref!r} must give that tenant, not {again!r}.")

    def test_an_unknown_ref_is_a_view_of_nobody(self) -> None:
        with self._told("for_account"):
            view = self._view("no-such-tenant")
            campaign = self.sandbox.add_campaign("Contract")
            self.sandbox.add_people(PersonKind.CANDIDATE, [_SHARED])
            expect(view.campaign(campaign, None) is None, "an unknown tenant has no campaign.")
            expect(not view.people_with_address([_SHARED]), "an unknown tenant has no people.")
            expect(not view.rights(self.sandbox.member), "an unknown tenant has no users.")

    def test_a_tenant_does_not_see_the_campaigns_of_another(self) -> None:
        with self._told("campaign") as host:
            mine = self.sandbox.add_campaign("Mine")
            other = self.sandbox.other_account.add_campaign("Theirs")
            for user_id in (None, self.sandbox.member):
                found = host.campaign(other, user_id)
                expect(
                    found is None or (other == mine and found.title == "Mine"),
                    "another tenant's campaign must be None, also for the product itself.",
                )

    def test_a_tenant_does_not_reach_the_people_of_another(self) -> None:
        with self._told("people_with_address") as host:
            mine, theirs = self._both()
            found = host.people_with_address([_SHARED, _THERE])
            expect(
                list(found.get(_SHARED, ())) == [mine], "only this tenant's people may be found."
            )
            expect(not found.get(_THERE), "an address of another tenant must find nobody.")
        with self._told("people_by_ref") as host:
            seen = [one.address for one in host.people_by_ref(theirs).values()]
            expect(_THERE not in seen, "a ref of another tenant must be left out.")

    def test_an_opt_out_stays_with_its_tenant(self) -> None:
        with self._told("opt_out") as host:
            mine, theirs = self._both()
            other = self.sandbox.other_account.host
            for view in (host, other):
                view.ensure_opt_out_groups(TAG, NAMES)
            other.opt_out(TAG, theirs, "contract")
            expect(not host.opted_out(TAG, [mine]), "nobody of this tenant opted out there.")
            expect(other.opted_out(TAG, theirs) == set(theirs), "and there each of them did.")

    def _view(self, ref: str) -> Host:
        view: Host | None = getattr(self.sandbox.multi_account_host, "for_account")(ref)  # noqa: B009 - not of Host
        expect(
            view is not None, f"{ref!r} must give a view, if of nobody: only None may give None."
        )
        return view  # type: ignore[return-value] # held above

    def _both(self) -> tuple[PersonRef, list[PersonRef]]:
        """Somebody here, and two elsewhere of whom one has the same address."""
        (mine,) = self.sandbox.add_people(PersonKind.CANDIDATE, [_SHARED])
        return mine, self.sandbox.other_account.add_people(PersonKind.CANDIDATE, [_SHARED, _THERE])


def _nobodys(ref: str) -> MemoryAccountHost:
    view = MemoryAccountHost(ref)
    view.users.clear()
    return view
