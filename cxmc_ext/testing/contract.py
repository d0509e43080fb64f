"""HostContract: a test class that tells in words which promise of `Host` an integrator's class breaks."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Protocol

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.people import Person, PersonKind, PersonRef
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.testing.contract_optional import OptionalAbilitiesContract, expect

TAG = "HostContractTag"
NAMES = {PersonKind.CANDIDATE: "No campaigns", PersonKind.CONTACT: "No campaigns"}
_CHUNK = 1000
_ROUNDS = 5
_THREADS = 8


class HostSandbox(Protocol):
    """The integrator's CRM as the contract arranges it: empty, with a way to put things in.

    `member` is the id of a user with rights, who sees every campaign of `add_campaign`; `outsider`
    of one who sees none. What the methods write need not be committed; `commit` does.
    """

    host: Host
    member: str
    outsider: str

    def context(self) -> AbstractContextManager[Any]:
        """An app context, a request's where your addresses need one; eight threads enter it at once."""

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None:
        """Throws the world away, outside any context."""

    def add_people(self, kind: PersonKind, addresses: Sequence[str]) -> list[PersonRef]: ...
    def add_campaign(self, title: str) -> str: ...
    def add_to_campaign(self, campaign_ref: str, refs: Sequence[PersonRef]) -> None: ...
    def add_group(
        self, kind: PersonKind, name: str, tag: str | None, refs: Sequence[PersonRef]
    ) -> None:
        """A group of the CRM with these members; `tag` None: it carries none."""

    def count_groups(self, kind: PersonKind, tag: str) -> int:
        """How many groups of this kind carry the tag."""

    def native_person(self, ref: PersonRef) -> Any:
        """The person as the CRM's own object, the way its templates have it."""


class HostContract(OptionalAbilitiesContract):
    """Subclass it, name it Test…, and give it `make`; pytest then asks each promise of your Host.

    ``class TestAcmeHost(HostContract): def make(self): return AcmeWorld()``
    """

    transactional = True
    """False only for a host that keeps its people outside a database."""
    sandbox: HostSandbox

    def make(self) -> HostSandbox:
        raise NotImplementedError("HostContract: give your subclass a make() that returns a world.")

    def setup_method(self) -> None:
        self.sandbox = self.make()

    def teardown_method(self) -> None:
        self.sandbox.close()

    # Users and campaigns.

    def test_an_unknown_user_has_no_rights(self) -> None:
        with self._told("rights") as host:
            expect(host.rights(self.sandbox.member), "a user with rights must have some.")
            for nobody in _NOBODY:
                found = host.rights(nobody)
                expect(found == frozenset(), f"an unknown user {nobody!r} must have no rights.")

    def test_a_campaign_is_shown_to_who_may_see_it_only(self) -> None:
        with self._told("campaign") as host:
            ref = self.sandbox.add_campaign("Contract")
            wanted = Campaign(ref, "Contract")
            expect(host.campaign(ref, self.sandbox.member) == wanted, "who may see it must get it.")
            expect(host.campaign(ref, None) == wanted, "user_id None is the product: it sees all.")
            for other in (self.sandbox.outsider, *_NOBODY):
                found = host.campaign(ref, other)
                expect(found is None, f"user {other!r} may not see it and must get None.")
            for nothing in _NOBODY:
                found = host.campaign(nothing, None)
                expect(found is None, f"an unknown campaign {nothing!r} must be None.")
            for twisted in (f"0{ref}", f" {ref}", f"{ref} ", ref.upper(), ref.lower()):
                found = host.campaign(twisted, None)
                expect(found in (None, wanted), f"the ref of {twisted!r} must be {ref!r}, or None.")

    def test_the_tab_of_a_campaign_has_an_address(self) -> None:
        with self._told("tab_url") as host:
            url = host.tab_url(self.sandbox.add_campaign("Contract"))
            expect(isinstance(url, str) and bool(url), "must be an address, never empty or None.")

    # People.

    def test_people_come_in_chunks_each_once_and_in_a_stable_order(self) -> None:
        with self._told("people") as host:
            world, size = self.sandbox, 2 * _CHUNK + 3
            refs = world.add_people(PersonKind.CANDIDATE, [f"n{n}@x.example" for n in range(size)])
            campaign = world.add_campaign("Contract")
            world.add_to_campaign(campaign, list(reversed(refs)))
            chunks = []
            for chunk in host.people(campaign):
                chunks.append(list(chunk))
                world.commit()
            largest = max(map(len, chunks), default=0)
            expect(largest <= _CHUNK, f"a chunk may hold 1,000 people at most, one has {largest}.")
            found = _refs_of(chunks)
            expect(len(found) == len(set(found)), "each person must come exactly once.")
            expect(set(found) == set(refs), f"{size} people are in it, {len(set(found))} came.")
            again = _refs_of(host.people(campaign))
            expect(again == found, "a second call must give the same order.")
            expect(_refs_of(host.people(_NOBODY[0])) == [], "an unknown campaign has nobody.")

    def test_people_by_ref_leaves_the_unknown_out(self) -> None:
        with self._told("people_by_ref") as host:
            one, two = self._two()
            unknown = [PersonRef(one.kind, "999999999"), PersonRef(PersonKind.CONTACT, one.id)]
            unknown = [ref for ref in unknown if ref != two]
            found = host.people_by_ref([one, two, *unknown])
            expect(set(found) == {one, two}, "must hold the known refs and leave unknown ones out.")
            held = {ref: found[ref].ref for ref in found}
            expect(all(key == ref for key, ref in held.items()), "each person under its own ref.")
            expect(found[one].address.strip().lower() == _ONE, "must carry the person's address.")

    def test_people_are_found_by_their_normalised_address(self) -> None:
        with self._told("people_with_address") as host:
            one, two = self._two()
            third = self.sandbox.add_people(PersonKind.CONTACT, ["shared@x.example"])[0]
            found = host.people_with_address([_ONE, "shared@x.example", "nobody@x.example"])
            expect(
                list(found.get(_ONE, ())) == [one],
                f"{_ONE!r} must find who is written {_ONE_TYPED!r}: strip and lower-case yours.",
            )
            shared = set(found.get("shared@x.example", ()))
            expect(shared == {two, third}, "everybody who shares an address must be found.")
            expect(not found.get("nobody@x.example"), "an address of nobody must find nobody.")

    def test_an_own_object_has_a_ref_and_a_page(self) -> None:
        with self._told("person_ref") as host:
            ref = self._two()[0]
            found = host.person_ref(self.sandbox.native_person(ref))
            expect(
                found == ref, f"your own object must give {ref}, with the id as text, not {found}."
            )
            expect(set(host.people_by_ref([found])) == {ref}, "people_by_ref must know that ref.")
        with self._told("person_url") as host:
            url = host.person_url(ref)
            expect(url is None or (isinstance(url, str) and url != ""), "an address, or None.")

    # Opt-out groups.

    def test_making_the_groups_again_makes_no_more(self) -> None:
        with self._told("ensure_opt_out_groups") as host:
            for _ in range(2):
                host.ensure_opt_out_groups(TAG, NAMES)
                self.sandbox.commit()
            self._one_group_each("after two calls")

    def test_a_group_that_carries_the_tag_is_adopted_whatever_its_name(self) -> None:
        with self._told("ensure_opt_out_groups") as host:
            member = self._two()[0]
            self.sandbox.add_group(PersonKind.CANDIDATE, "Renamed by somebody", TAG, [member])
            self.sandbox.commit()
            host.ensure_opt_out_groups(TAG, NAMES)
            self.sandbox.commit()
            self._one_group_each("where one carried the tag under another name")
            found = host.opted_out(TAG, [member])
            expect(found == {member}, "the adopted group must keep its tag, and so its members.")

    def test_eight_at_once_make_one_group_of_each_kind(self) -> None:
        with self._told("ensure_opt_out_groups"):
            self.sandbox.commit()
        for number in range(_ROUNDS):
            troubles = _all_at_once(partial(self._ensure, f"{TAG}{number}"))
            with self._told("ensure_opt_out_groups"):
                expect(not troubles, f"eight callers at once: {troubles[:1]}.")
                self._one_group_each("after eight callers at once", f"{TAG}{number}")

    def test_the_tag_tells_who_opted_out_and_not_a_name(self) -> None:
        with self._told("opted_out") as host:
            one, two = self._two()
            host.ensure_opt_out_groups(TAG, NAMES)
            self.sandbox.add_group(one.kind, NAMES[one.kind], None, [one])
            found = host.opted_out(TAG, [one, two])
            expect(found == set(), "a group of the same name without the tag does not count.")
            host.opt_out(TAG, [two], "contract")
            expect(host.opted_out(TAG, [one, two]) == {two}, "members of the tagged group count.")
            expect(host.opted_out(TAG, [one]) == set(), "only people who were asked for.")
            expect(host.opted_out("another", [two]) == set(), "another tag is another group.")

    def test_opting_out_twice_counts_once(self) -> None:
        with self._told("opt_out") as host:
            refs = self._two()
            host.ensure_opt_out_groups(TAG, NAMES)
            first = host.opt_out(TAG, refs[:1], "first")
            expect(first == 1, f"one person was new, {first!r} was returned.")
            rest = host.opt_out(TAG, refs, "second")
            expect(rest == 1, f"of two people one was new, {rest!r} was returned.")
            again = host.opt_out(TAG, refs, "third")
            expect(again == 0, f"nobody was new, {again!r} was returned.")
            expect(host.opted_out(TAG, refs) == set(refs), "each must be in the group afterwards.")

    def test_what_was_written_is_rolled_back_with_the_session(self) -> None:
        if not self.transactional:
            return
        with self._told("opt_out") as host:
            refs = self._two()
            host.ensure_opt_out_groups(TAG, NAMES)
            self.sandbox.commit()
            host.opt_out(TAG, refs, "contract")
            self.sandbox.rollback()
            left = host.opted_out(TAG, refs)
            expect(left == set(), "write through db.session and do not commit: we commit.")
        with self._told("ensure_opt_out_groups") as host:
            host.ensure_opt_out_groups("Rolled", NAMES)
            self.sandbox.rollback()
            count = sum(self.sandbox.count_groups(kind, "Rolled") for kind in PersonKind)
            expect(count == 0, "write through db.session and do not commit: we commit.")

    # What the promises share.

    @contextmanager
    def _told(self, method: str) -> Iterator[Host]:
        """The host inside a context; whatever goes wrong names the method and the promise."""
        with self.sandbox.context():
            try:
                yield self.sandbox.host
            except AssertionError as broken:
                raise AssertionError(f"Host.{method}: {broken}") from None
            except Exception as error:
                said = f"Host.{method}: raised {type(error).__name__}: {error}"
                raise AssertionError(said) from error

    def _two(self) -> list[PersonRef]:
        one = self.sandbox.add_people(PersonKind.CANDIDATE, [_ONE_TYPED])
        return one + self.sandbox.add_people(PersonKind.CONTACT, ["shared@x.example"])

    def _ensure(self, tag: str) -> None:
        with self.sandbox.context():
            self.sandbox.host.ensure_opt_out_groups(tag, NAMES)
            self.sandbox.commit()

    def _one_group_each(self, when: str, tag: str = TAG) -> None:
        for kind in PersonKind:
            count = self.sandbox.count_groups(kind, tag)
            expect(count == 1, f"{when} {count} groups of kind {kind} carry the tag, not one.")


_NOBODY = ("no-such-id", "", "1 or 1=1")
_ONE = "ann@x.example"
_ONE_TYPED = " Ann@X.example "


def _refs_of(chunks: Any) -> list[PersonRef]:
    people: list[Person] = [person for chunk in chunks for person in chunk]
    return [person.ref for person in people]


def _all_at_once(work: Callable[[], None]) -> list[str]:
    """Runs the work in eight threads; what went wrong in any of them."""
    troubles: list[str] = []
    gate = threading.Barrier(_THREADS)

    def run() -> None:
        try:
            gate.wait(30)
            work()
        except Exception as trouble:  # noqa: BLE001 - told by the caller
            troubles.append(f"{type(trouble).__name__}: {trouble}")

    threads = [threading.Thread(target=run) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return troubles
