"""HostContract: tests an implementation of `Host` and names the method that breaks a promise."""

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.people import PersonKind
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.testing.contract_addresses import AddressContract
from cxmc_ext.testing.contract_optional import OptionalAbilitiesContract, expect
from cxmc_ext.testing.contract_people import PeopleContract
from cxmc_ext.testing.sandbox import AddressMarkerSandbox, HostSandbox, MultiAccountSandbox

TAG = "HostContractTag"
NAMES = {PersonKind.CANDIDATE: "No campaigns", PersonKind.CONTACT: "No campaigns"}
_CHUNK_SIZE = 1000
_ROUNDS = 5
_THREADS = 8
_UNKNOWN_IDS = ("no-such-id", "", "1 or 1=1")


class HostContract(PeopleContract, AddressContract, OptionalAbilitiesContract):
    """A test class for pytest. Subclass it with a name that starts with Test, and add `make`::

    class TestAcmeHost(HostContract):
        def make(self):
            return AcmeSandbox()
    """

    transactional = True
    """Set it to False if the Host keeps people outside a database."""
    sandbox: HostSandbox

    def make(self) -> HostSandbox:
        """Returns an empty CRM. Called for each test."""
        raise NotImplementedError("HostContract: add make() to your subclass, returning a sandbox.")

    def setup_method(self) -> None:
        self.sandbox = self.make()

    def teardown_method(self) -> None:
        self.sandbox.close()

    # Users and campaigns.

    def test_an_unknown_user_has_no_rights(self) -> None:
        with self._calling("rights") as host:
            expect(host.rights(self.sandbox.member), "a user with rights must have some.")
            for unknown in _UNKNOWN_IDS:
                rights = host.rights(unknown)
                expect(rights == frozenset(), f"an unknown user {unknown!r} must have no rights.")

    def test_only_users_who_may_see_a_campaign_get_it(self) -> None:
        with self._calling("campaign") as host:
            ref = self.sandbox.add_campaign("Contract")
            expected = Campaign(ref, "Contract")
            seen = host.campaign(ref, self.sandbox.member)
            expect(seen == expected, "a user who may see it must get it.")
            seen = host.campaign(ref, None)
            expect(seen == expected, "user_id None is the extension: it must get it.")
            for user_id in (self.sandbox.outsider, *_UNKNOWN_IDS):
                seen = host.campaign(ref, user_id)
                expect(seen is None, f"user {user_id!r} may not see it and must get None.")
            for unknown in _UNKNOWN_IDS:
                seen = host.campaign(unknown, None)
                expect(seen is None, f"an unknown campaign {unknown!r} must be None.")
            for spelling in (f"0{ref}", f" {ref}", f"{ref} ", ref.upper(), ref.lower()):
                seen = host.campaign(spelling, None)
                expect(
                    seen in (None, expected), f"the ref of {spelling!r} must be {ref!r}, or None."
                )

    def test_the_tab_of_a_campaign_has_a_url(self) -> None:
        with self._calling("tab_url") as host:
            url = host.tab_url(self.sandbox.add_campaign("Contract"))
            expect(isinstance(url, str) and bool(url), "must be a URL, never empty or None.")

    # Opt-out groups.

    def test_groups_are_created_once(self) -> None:
        with self._calling("ensure_opt_out_groups") as host:
            for _ in range(2):
                host.ensure_opt_out_groups(TAG, NAMES)
                self.sandbox.commit()
            self._expect_one_group_per_kind("after two calls")

    def test_a_group_with_the_tag_is_adopted_whatever_its_name(self) -> None:
        with self._calling("ensure_opt_out_groups") as host:
            member = self._add_two()[0]
            self.sandbox.add_group(PersonKind.CANDIDATE, "Renamed by somebody", TAG, [member])
            self.sandbox.commit()
            host.ensure_opt_out_groups(TAG, NAMES)
            self.sandbox.commit()
            self._expect_one_group_per_kind("where one had the tag under another name")
            opted_out = host.opted_out(TAG, [member])
            expect(opted_out == {member}, "the adopted group must keep its tag and its members.")

    def test_eight_concurrent_calls_create_one_group_per_kind(self) -> None:
        with self._calling("ensure_opt_out_groups"):
            self.sandbox.commit()
        for number in range(_ROUNDS):
            errors = _run_concurrently(partial(self._ensure_groups, f"{TAG}{number}"))
            with self._calling("ensure_opt_out_groups"):
                expect(not errors, f"eight callers at once: {errors[:1]}.")
                self._expect_one_group_per_kind("after eight callers at once", f"{TAG}{number}")

    def test_the_kinds_that_have_a_group_with_the_tag_are_known(self) -> None:
        with self._calling("opt_out_groups") as host:
            kinds = set(host.opt_out_groups(TAG))
            expect(not kinds, f"without any group it must be empty, not {kinds}.")
            self.sandbox.add_group(PersonKind.CONTACT, NAMES[PersonKind.CONTACT], None, [])
            kinds = set(host.opt_out_groups(TAG))
            expect(not kinds, "a group of the right name without the tag must not count.")
            self.sandbox.add_group(PersonKind.CANDIDATE, "Renamed by somebody", TAG, [])
            kinds = set(host.opt_out_groups(TAG))
            expect(
                kinds == {PersonKind.CANDIDATE},
                f"only candidates have a group with the tag, whatever its name; it was {kinds}.",
            )
            host.ensure_opt_out_groups(TAG, NAMES)
            kinds = set(host.opt_out_groups(TAG))
            expect(kinds == set(PersonKind), f"afterwards every kind has one; it was {kinds}.")
            expect(not host.opt_out_groups("another"), "another tag is another group.")

    def test_the_tag_identifies_the_groups_not_the_name(self) -> None:
        with self._calling("opted_out") as host:
            one, two = self._add_two()
            host.ensure_opt_out_groups(TAG, NAMES)
            self.sandbox.add_group(one.kind, NAMES[one.kind], None, [one])
            opted_out = host.opted_out(TAG, [one, two])
            expect(opted_out == set(), "a group of the same name without the tag must not count.")
            host.opt_out(TAG, [two], "contract")
            expect(host.opted_out(TAG, [one, two]) == {two}, "members of the tagged group count.")
            expect(host.opted_out(TAG, [one]) == set(), "only the people in refs may be returned.")
            expect(host.opted_out("another", [two]) == set(), "another tag is another group.")

    def test_opting_out_twice_counts_once(self) -> None:
        with self._calling("opt_out") as host:
            refs = self._add_two()
            host.ensure_opt_out_groups(TAG, NAMES)
            new = host.opt_out(TAG, refs[:1], "first")
            expect(new == 1, f"one person was new, {new!r} was returned.")
            new = host.opt_out(TAG, refs, "second")
            expect(new == 1, f"of two people one was new, {new!r} was returned.")
            new = host.opt_out(TAG, refs, "third")
            expect(new == 0, f"nobody was new, {new!r} was returned.")
            expect(host.opted_out(TAG, refs) == set(refs), "both must be in the group afterwards.")

    def test_writes_are_rolled_back_with_the_session(self) -> None:
        if not self.transactional:
            return
        with self._calling("opt_out") as host:
            refs = self._add_two()
            host.ensure_opt_out_groups(TAG, NAMES)
            self.sandbox.commit()
            host.opt_out(TAG, refs, "contract")
            self.sandbox.rollback()
            expect(not host.opted_out(TAG, refs), _DO_NOT_COMMIT)
        with self._calling("ensure_opt_out_groups") as host:
            host.ensure_opt_out_groups("Rolled", NAMES)
            self.sandbox.rollback()
            count = sum(self.sandbox.count_groups(kind, "Rolled") for kind in PersonKind)
            expect(count == 0, _DO_NOT_COMMIT)

    @contextmanager
    def _calling(self, method: str) -> Iterator[Host]:
        """The host inside a context. Every failure names the method of the Host, or of the sandbox."""
        with self.sandbox.context():
            try:
                yield self.sandbox.host
            except AssertionError as error:
                raise AssertionError(f"Host.{method}: {error}") from None
            except Exception as error:
                culprit = self._sandbox_method(error) or f"Host.{method}"
                message = f"{culprit}: raised {type(error).__name__}: {error}"
                raise AssertionError(message) from error

    def _sandbox_method(self, error: Exception) -> str:
        """The method of the sandbox that raised an error; "" if none did."""
        for frame, _line in traceback.walk_tb(error.__traceback__):
            name = frame.f_code.co_name
            if frame.f_locals.get("self") is self.sandbox and name in _SANDBOX_METHODS:
                return f"HostSandbox.{name}"
        return ""

    def _ensure_groups(self, tag: str) -> None:
        with self.sandbox.context():
            self.sandbox.host.ensure_opt_out_groups(tag, NAMES)
            self.sandbox.commit()

    def _expect_one_group_per_kind(self, when: str, tag: str = TAG) -> None:
        for kind in PersonKind:
            count = self.sandbox.count_groups(kind, tag)
            expect(count == 1, f"{when} {count} groups of kind {kind} have the tag, not one.")


_SANDBOX_METHODS = {*vars(HostSandbox), *vars(AddressMarkerSandbox), *vars(MultiAccountSandbox)}
_DO_NOT_COMMIT = "write through db.session and do not commit: the extension commits."


def _run_concurrently(work: Callable[[], None]) -> list[str]:
    """Runs the work in eight threads; returns the errors."""
    errors: list[str] = []
    barrier = threading.Barrier(_THREADS)

    def run() -> None:
        try:
            barrier.wait(30)
            work()
        except Exception as error:  # noqa: BLE001 - reported by the caller
            errors.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=run) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors
