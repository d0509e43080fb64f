"""The promises of what a Host need not have: asked only where it is there."""

from contextlib import AbstractContextManager
from typing import Any

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.people import PersonKind, PersonRef

_CHUNK = 1000


def expect(promise: object, told: str) -> None:
    if not promise:
        raise AssertionError(told)


class OptionalAbilitiesContract:
    """The part of HostContract about methods beside `Host`."""

    sandbox: Any

    def _told(self, method: str) -> AbstractContextManager[Any]:
        raise NotImplementedError

    def test_a_new_campaign_holds_the_people_it_was_made_with(self) -> None:
        with self._told("new_campaign") as host:
            if not hasattr(host, "new_campaign"):
                return
            addresses = [f"n{n}@x.example" for n in range(_CHUNK + 3)]
            refs = self.sandbox.add_people(PersonKind.CANDIDATE, addresses)
            unknown = PersonRef(PersonKind.CANDIDATE, "999999999")
            chunks = iter([refs[:_CHUNK], [*refs[_CHUNK:], unknown]])
            made = host.new_campaign("Once more", chunks, self.sandbox.member)
            found = self.sandbox.host.campaign(made, self.sandbox.member)
            wanted = Campaign(made, "Once more")
            expect(found == wanted, "who asked for it must see it, with its title.")
            people = [one.ref for chunk in self.sandbox.host.people(made) for one in chunk]
            expect(len(people) == len(set(people)), "each person must be in it once.")
            expect(set(people) == set(refs), f"{len(refs)} are meant, {len(people)} are in it.")
