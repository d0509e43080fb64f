"""The part of HostContract about e-mail addresses: one mailbox is found in every spelling of it."""

from contextlib import AbstractContextManager
from typing import Any

from cxmc_ext.domain.people import PersonKind
from cxmc_ext.domain.rules.addresses import canonical_address
from cxmc_ext.testing.contract_optional import expect

# A promise, and addresses as somebody may have typed them; those of one promise are one mailbox.
_ONE_MAILBOX = (
    ("white space around it and capitals do not matter", (" Ann@X.example ", "ann@x.example\n")),
    (
        "capitals outside ASCII do not matter (lower() of SQLite leaves them)",
        ("JÜRGEN@x.example", "jürgen@x.example"),
    ),
    (
        "a domain in Unicode and in Punycode (IDN) is one domain",
        (
            "info@xn--mller-kva.example",
            "Info@Müller.example",
            "info@MÜLLER.example",
            "info@mu\u0308ller.example",
        ),
    ),
    (
        "composed and decomposed characters (NFC, NFD) are one character",
        ("ren\u00e9@x.example", "rene\u0301@x.example"),
    ),
    (
        "no-break and other Unicode spaces around it do not matter",
        ("bob@x.example", "\u00a0bob@x.example\u3000", "\u2003bob@x.example\u00a0"),
    ),
    (
        "invisible characters do not matter (zero-width, soft hyphen, byte order mark)",
        ("eva@x.example", "\ufeffeva@x.exam\u200bple", "e\u00adva@x.example\u200e"),
    ),
)
# What looks alike and is not.
_TWO_MAILBOXES = (
    ("ß is not ss (IDNA 2008): two domains", "info@straße.example", "info@strasse.example"),
    ("white space inside an address stays", "d an@x.example", "dan@x.example"),
)


class AddressContract:
    """Base class of HostContract."""

    sandbox: Any

    def _calling(self, method: str) -> AbstractContextManager[Any]:
        raise NotImplementedError

    def test_people_are_found_in_every_spelling_of_their_address(self) -> None:
        with self._calling("people_with_address") as host:
            broken = [
                promise
                for promise, spellings in _ONE_MAILBOX
                if not self._finds_all(host, spellings)
            ]
            broken += [
                promise
                for promise, one, other in _TWO_MAILBOXES
                if self._mixes_up(host, one, other)
            ]
            promises = "; ".join(broken)
            expect(not broken, f"compare with cxmc_ext.canonical_address: {promises}.")

    def test_everybody_who_shares_an_address_is_found(self) -> None:
        with self._calling("people_with_address") as host:
            one, two = (self._add("shared@x.example", kind) for kind in PersonKind)
            refs = host.people_with_address(["shared@x.example", "nobody@x.example"])
            shared = set(refs.get("shared@x.example", ()))
            expect(shared == {one, two}, "everybody who shares an address must be found.")
            expect(not refs.get("nobody@x.example"), "an unknown address must find nobody.")
            expect(
                set(refs) <= {"shared@x.example", "nobody@x.example"},
                f"the keys must be addresses as they were asked, not {set(refs)}.",
            )

    def test_people_may_have_no_address(self) -> None:
        with self._calling("people_with_address") as host:
            if self._add_without_address() is None:
                return
            other = self._add("fay@x.example")
            try:
                refs = host.people_with_address(["fay@x.example"])
            except Exception as error:
                message = "must work while there are people without an address (NULL)"
                raise AssertionError(f"{message}: {type(error).__name__}: {error}") from error
            expect(
                list(refs.get("fay@x.example", ())) == [other],
                "people without an address (NULL) have nobody else's.",
            )

    def test_the_address_of_a_person_without_one_is_empty_text(self) -> None:
        with self._calling("people_by_ref") as host:
            if (ref := self._add_without_address()) is None:
                return
            (person,) = host.people_by_ref([ref]).values()
            _expect_empty(person.address)

    def test_a_campaign_may_contain_people_without_an_address(self) -> None:
        with self._calling("people") as host:
            if (ref := self._add_without_address()) is None:
                return
            campaign = self.sandbox.add_campaign("Contract")
            self.sandbox.add_to_campaign(campaign, [ref])
            ((person,),) = host.people(campaign)
            _expect_empty(person.address)

    def _finds_all(self, host: Any, spellings: tuple[str, ...]) -> bool:
        refs = {self._add(spelling) for spelling in spellings}
        (canonical,) = {canonical_address(spelling) for spelling in spellings}
        return set(host.people_with_address([canonical]).get(canonical, ())) == refs

    def _mixes_up(self, host: Any, one: str, other: str) -> bool:
        refs = {canonical_address(address): self._add(address) for address in (one, other)}
        found = host.people_with_address(list(refs))
        return any(set(found.get(address, ())) - {ref} for address, ref in refs.items())

    def _add_without_address(self) -> Any:
        """Returns the ref of a person without an address; None where every person has one."""
        try:
            return self._add(None)
        except NotImplementedError:
            return None

    def _add(self, address: str | None, kind: PersonKind = PersonKind.CANDIDATE) -> Any:
        (ref,) = self.sandbox.add_people(kind, [address])
        return ref


def _expect_empty(address: object) -> None:
    expect(
        address == "",
        f'the address of a person without one (NULL) must be "", not {address!r}.',
    )
