"""Checks what a Host returns, before anything is stored or sent: one unusable person costs that person only.

Texts lose what no database can hold. A person whose ref or address has another type is kept as an
`UnusablePerson`, who is left out with that reason. An answer that is wrong as a whole raises `HostError`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from operator import attrgetter
from typing import TypeGuard, cast

from cxmc_ext.domain.errors import HostError
from cxmc_ext.domain.people import Person, PersonKind, PersonRef
from cxmc_ext.domain.rules.texts import is_storable, storable_text

_MAX_ID_LENGTH = 64
_MAX_TEXT_LENGTH = 1000
_TEXTS = ("name", "first_name", "prefix", "last_name", "owner_name", "owner_email")
_KINDS = tuple(PersonKind)
# Asking a Protocol such as Iterable takes longer than everything else about a person.
_COLLECTIONS = frozenset({list, tuple, set, frozenset})
_all_texts = attrgetter("ref.id", "address", *_TEXTS)


@dataclass(frozen=True, slots=True)
class UnusablePerson(Person):
    """Somebody in a campaign whom the Host does not describe as promised."""

    fault: str = ""
    """What is wrong, in English, for the administrator."""


def checked_people(chunks: object) -> Iterator[list[Person]]:
    """Checks the chunks of `Host.people`.

    Raises:
        HostError: It returned something else than chunks of people.
    """
    for chunk in _iterated(chunks, "people"):
        yield [_checked_person(person) for person in _iterated(chunk, "people")]


def checked_refs(refs: object, method: str) -> set[PersonRef]:
    """Checks refs that a method of the Host returned.

    Args:
        refs: What it returned.
        method: Its name.

    Raises:
        HostError: It is no collection of refs. Nobody knows then who opted out, so nothing may be sent.
    """
    checked = set[PersonRef]()
    for ref in _iterated(refs, method):
        if not isinstance(ref, PersonRef):
            raise HostError(method, f"it returned {_type_name(ref)} instead of PersonRef")
        checked.add(ref)
    return checked


def checked_owners(owners: object) -> Mapping[str, Collection[PersonRef]]:
    """Checks what `Host.people_with_address` returned.

    Raises:
        HostError: It is no mapping of addresses to refs.
    """
    method = "people_with_address"
    if not isinstance(owners, Mapping):
        raise HostError(method, f"it returned {_type_name(owners)} instead of a mapping")
    if not all(isinstance(address, str) for address in owners):
        raise HostError(method, "an address it returned is no str")
    if _COLLECTIONS.issuperset(map(type, owners.values())) and _are_refs(
        chain.from_iterable(owners.values())
    ):
        return owners
    return {address: checked_refs(refs, method) for address, refs in owners.items()}


def fault_of(person: object) -> str:
    """Why a person of a campaign cannot be used, in English; "" if they can."""
    if not isinstance(person, Person):
        return f"it returned {_type_name(person)} instead of Person"
    return _fault_of(person)


def _iterated(values: object, method: str) -> Iterable[object]:
    if type(values) in _COLLECTIONS:
        return cast(Iterable[object], values)
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise HostError(method, f"it returned {_type_name(values)} instead of a collection")
    return values


def _are_refs(values: Iterable[object]) -> bool:
    """Whether nothing has to be looked at one by one."""
    return set(map(type, values)) <= {PersonRef}


def _checked_person(person: object) -> Person:
    if _is_clean(person):
        return person
    fault = fault_of(person)
    if fault or not isinstance(person, Person):
        return _unusable(person, fault)
    return _cleaned(person)


def _fault_of(person: Person) -> str:
    ref: object = person.ref
    address: object = person.address
    if not isinstance(ref, PersonRef):
        return f"ref is {_type_name(ref)} instead of PersonRef"
    if ref.kind not in _KINDS:
        return "ref.kind is no PersonKind"
    ref_id: object = ref.id
    if not isinstance(ref_id, str):
        return f"ref.id is {_type_name(ref_id)} instead of str"
    if not 0 < len(ref_id) <= _MAX_ID_LENGTH or not is_storable(ref_id):
        return f"ref.id must have 1 to {_MAX_ID_LENGTH} characters"
    if address is not None and not isinstance(address, str):
        return f"address is {_type_name(address)} instead of str"
    return ""


def _cleaned(person: Person) -> Person:
    texts = {name: _text(getattr(person, name)) for name in _TEXTS}
    # Without half of a character it would be another address, so that shows as an invalid one.
    address = re.sub("[\ud800-\udfff]", "\ufffd", person.address or "")
    return Person(
        person.ref,
        address=_text(address),
        **texts,
        merge_values=_merge_values(person.merge_values),
        mailed_despite_no_mailing=bool(person.mailed_despite_no_mailing),
    )


def _is_clean(person: object) -> TypeGuard[Person]:
    """Whether nothing has to be changed: so it is with nearly everybody, and all texts are checked as one."""
    if type(person) is not Person or type(person.ref) is not PersonRef:
        return False
    texts = _all_texts(person)
    if person.merge_values:
        if type(person.merge_values) is not dict:
            return False
        texts += (*person.merge_values, *person.merge_values.values())
    if type(person.ref.kind) is not PersonKind or set(map(type, texts)) != {str}:
        return False
    joined = "".join(texts)
    is_whole = 0 < len(texts[0]) <= _MAX_ID_LENGTH and len(joined) <= _MAX_TEXT_LENGTH
    return is_whole and is_storable(joined) and type(person.mailed_despite_no_mailing) is bool


def _unusable(person: object, fault: str) -> UnusablePerson:
    """Keeps the name, so that the row can be recognized; its ref stands for nobody."""
    kind = getattr(getattr(person, "ref", None), "kind", None)
    known = next((each for each in _KINDS if each == kind), PersonKind.CANDIDATE)
    ref = PersonRef(known, "")
    name, address = (_text(getattr(person, field, "")) for field in ("name", "address"))
    return UnusablePerson(ref, name, address, fault=fault)


def _merge_values(values: object) -> dict[str, str]:
    """Values without a tag that is text stand for nothing."""
    pairs = values.items() if isinstance(values, Mapping) else ()
    return {_text(tag): _text(value) for tag, value in pairs if isinstance(tag, str)}


def _text(value: object) -> str:
    """A text field: None means “unknown”, numbers and dates are written out, anything else is no text."""
    text = str(value) if isinstance(value, str | int | float | date | Decimal) else ""
    return storable_text(text)[:_MAX_TEXT_LENGTH]


def _type_name(value: object) -> str:
    return type(value).__name__
