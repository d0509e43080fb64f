"""The part of HostContract about the people of a campaign."""

from contextlib import AbstractContextManager
from typing import Any

from cxmc_ext.domain.people import Person, PersonKind, PersonRef
from cxmc_ext.domain.rules.addresses import canonical_address
from cxmc_ext.domain.rules.host_values import fault_of
from cxmc_ext.testing.contract_optional import expect
from cxmc_ext.testing.sandbox import HostSandbox

_CHUNK_SIZE = 1000
_ADDRESS = "ann@x.example"
_ADDRESS_AS_TYPED = " Ann@X.example "
_TAG = "HostContractDeletionTag"


class PeopleContract:
    """Base class of HostContract."""

    sandbox: HostSandbox

    def _calling(self, method: str) -> AbstractContextManager[Any]:
        raise NotImplementedError

    def _add_two(self) -> list[PersonRef]:
        candidates = self.sandbox.add_people(PersonKind.CANDIDATE, [_ADDRESS_AS_TYPED])
        return candidates + self.sandbox.add_people(PersonKind.CONTACT, ["shared@x.example"])

    def test_people_come_in_chunks_once_each_and_in_a_stable_order(self) -> None:
        with self._calling("people") as host:
            count = 2 * _CHUNK_SIZE + 3
            addresses = [f"n{n}@x.example" for n in range(count)]
            refs = self.sandbox.add_people(PersonKind.CANDIDATE, addresses)
            campaign = self.sandbox.add_campaign("Contract")
            self.sandbox.add_to_campaign(campaign, list(reversed(refs)))
            chunks = []
            for chunk in host.people(campaign):
                chunks.append(list(chunk))
                self.sandbox.commit()
            largest = max(map(len, chunks), default=0)
            expect(
                largest <= _CHUNK_SIZE, f"a chunk may hold 1,000 people at most, one has {largest}."
            )
            first = _refs(chunks)
            expect(len(first) == len(set(first)), "each person must come exactly once.")
            expect(set(first) == set(refs), f"{count} people are in it, {len(set(first))} came.")
            second = _refs(host.people(campaign))
            expect(second == first, "a second call must give the same order.")
            expect(_refs(host.people("no-such-id")) == [], "an unknown campaign has no people.")

    def test_people_have_the_promised_types(self) -> None:
        with self._calling("people") as host:
            campaign = self.sandbox.add_campaign("Contract")
            self.sandbox.add_to_campaign(campaign, self._add_two())
            for person in (person for chunk in host.people(campaign) for person in chunk):
                fault = fault_of(person)
                expect(not fault, f"{fault}: such a person is left out.")

    def test_people_by_ref_leaves_out_unknown_people(self) -> None:
        with self._calling("people_by_ref") as host:
            one, two = self._add_two()
            unknown = [PersonRef(one.kind, "999999999"), PersonRef(PersonKind.CONTACT, one.id)]
            unknown = [ref for ref in unknown if ref != two]
            people = host.people_by_ref([one, two, *unknown])
            expect(
                set(people) == {one, two}, "must contain the known refs and leave unknown ones out."
            )
            own_refs = all(person.ref == ref for ref, person in people.items())
            expect(own_refs, "each person must be under its own ref.")
            expect(
                canonical_address(people[one].address) == _ADDRESS,
                "must have the person's address.",
            )

    def test_your_own_object_has_a_ref_and_a_url(self) -> None:
        with self._calling("person_ref") as host:
            ref = self._add_two()[0]
            actual = host.person_ref(self.sandbox.native_person(ref))
            expect(
                actual == ref,
                f"your own object must give {ref}, with the id as text, not {actual}.",
            )
            expect(set(host.people_by_ref([actual])) == {ref}, "people_by_ref must know that ref.")
        with self._calling("person_url") as host:
            url = host.person_url(ref)
            expect(url is None or (isinstance(url, str) and url != ""), "must be a URL, or None.")

    def test_deleted_people_are_not_mailed_and_stay_opted_out(self) -> None:
        with self._calling("people") as host:
            one, two = refs = self._add_two()
            campaign = self.sandbox.add_campaign("Contract")
            self.sandbox.add_to_campaign(campaign, refs)
            host.ensure_opt_out_groups(_TAG, dict.fromkeys(PersonKind, "Deletion"))
            host.opt_out(_TAG, [one], "contract")
            can_be_restored = self.sandbox.delete_person(one)
            expect(_refs(host.people(campaign)) == [two], "deleted people must be left out.")
            self.sandbox.commit()
        if not can_be_restored:
            return
        with self._calling("people_by_ref") as host:
            expect(one in host.people_by_ref([one]), "must know people who can be restored.")
        with self._calling("opted_out") as host:
            expect(host.opted_out(_TAG, [one]) == {one}, "must know people who can be restored.")


def _refs(chunks: Any) -> list[PersonRef]:
    people: list[Person] = [person for chunk in chunks for person in chunk]
    return [person.ref for person in people]
