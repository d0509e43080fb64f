"""A CRM in memory, for tests."""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cxmc_ext.domain.blocks import Block
from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.merge_fields import MergeField
from cxmc_ext.domain.notifications import Notification
from cxmc_ext.domain.people import Person, PersonKind, PersonRef, Right, User
from cxmc_ext.domain.rules.addresses import canonical_address

_ALL_RIGHTS = frozenset(Right)
_CHUNK_SIZE = 1000


@dataclass
class MemoryHost:
    """Implements `Host` and its abilities in memory, except `LocalizedHost` and `LoginPage`; thread-safe.

    It starts with three users: `admin` has every right, `recruiter` may see the tab and send, `intern`
    has no right. `login(name)` sets the current user.
    """

    users: dict[str, tuple[User, frozenset[Right]]] = field(default_factory=dict)
    persons: dict[PersonRef, Person] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    members: dict[str, dict[PersonRef, None]] = field(default_factory=dict)
    groups: dict[tuple[str, PersonKind], dict[PersonRef, str]] = field(default_factory=dict)
    """The members of each group by tag and kind, with their note; see `ensure_opt_out_groups`."""
    opt_ins: dict[PersonRef, str] = field(default_factory=dict)
    """Whose opt-out ended, and the note."""
    failed: dict[PersonRef, tuple[str, str]] = field(default_factory=dict)
    """Who is marked: the address that does not work, and the note."""
    deleted: set[PersonRef] = field(default_factory=set)
    """Who is left out of campaigns, and can be restored."""
    user: str | None = None
    declared_fields: Sequence[MergeField] = ()
    offered_blocks: dict[str, Sequence[Block]] = field(default_factory=dict)
    """The lists that each campaign offers for its mail, by its ref."""
    notifications: list[Notification] = field(default_factory=list)
    """What `notify` was given."""

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        if not self.users:
            self.add_user("admin", "Ada Admin", _ALL_RIGHTS)
            self.add_user("recruiter", "Rosa Recruiter", frozenset({Right.TAB, Right.SEND}))
            self.add_user("intern", "Ivo Intern", frozenset())

    # For tests.

    def add_user(self, name: str, full_name: str, rights: frozenset[Right]) -> None:
        """Adds a user.

        Args:
            name: The id, for `login`.
            full_name: Shown on the screens.
            rights: What the user may do.
        """
        user = User(name, full_name, f"{name}@cedarstaffing.example")
        self.users[name] = (user, rights)

    def login(self, name: str | None) -> None:
        """Sets the current user; None for nobody."""
        self.user = name

    def add_person(
        self,
        address: str,
        kind: PersonKind = PersonKind.CANDIDATE,
        **more: str | bool | dict[str, str],
    ) -> PersonRef:
        """Adds a person.

        Args:
            address: The e-mail address.
            kind: Candidate or contact.
            more: Other fields of `Person`.

        Returns:
            The ref; ids count from 1.
        """
        ref = PersonRef(kind, str(len(self.persons) + 1))
        first = str(more.pop("first_name", f"Person{ref.id}"))
        last = str(more.pop("last_name", "Jansen"))
        person = Person(ref, f"{first} {last}", address, first_name=first, last_name=last)
        self.persons[ref] = replace(person, **more)  # type: ignore[arg-type]
        return ref

    def add_campaign(self, title: str = "Vacatures week 48") -> str:
        """Adds an empty campaign; returns its ref. Refs count from 1."""
        ref = str(len(self.campaigns) + 1)
        self.campaigns[ref] = Campaign(ref, title)
        self.members[ref] = {}
        return ref

    def add_to_campaign(self, campaign_ref: str, *refs: PersonRef) -> None:
        """Adds people to a campaign."""
        self.members[campaign_ref].update(dict.fromkeys(refs))

    @property
    def opt_outs(self) -> set[PersonRef]:
        """Everybody who is in an opt-out group."""
        return {ref for members in self.groups.values() for ref in members}

    # Host and its abilities.

    def current_user(self) -> User | None:
        return self.users[self.user][0] if self.user in self.users else None

    def rights(self, user_id: str) -> frozenset[Right]:
        return self.users[user_id][1] if user_id in self.users else frozenset()

    def campaign(self, campaign_ref: str, user_id: str | None) -> Campaign | None:
        if user_id is not None and not self.rights(user_id):
            return None
        return self.campaigns.get(campaign_ref)

    def people(self, campaign_ref: str) -> Iterator[Sequence[Person]]:
        refs = [ref for ref in self.members.get(campaign_ref, ()) if ref not in self.deleted]
        for start in range(0, len(refs), _CHUNK_SIZE):
            yield [self.persons[ref] for ref in refs[start : start + _CHUNK_SIZE]]

    def people_by_ref(self, refs: Collection[PersonRef]) -> Mapping[PersonRef, Person]:
        return {ref: self.persons[ref] for ref in refs if ref in self.persons}

    def people_with_address(self, addresses: Collection[str]) -> Mapping[str, Sequence[PersonRef]]:
        refs: dict[str, list[PersonRef]] = {}
        for ref, person in self.persons.items():
            address = canonical_address(person.address)
            if address in addresses:
                refs.setdefault(address, []).append(ref)
        return refs

    def ensure_opt_out_groups(self, tag: str, names: Mapping[PersonKind, str]) -> None:
        with self._lock:
            for kind in names:
                self.groups.setdefault((tag, kind), {})

    def opt_out_groups(self, tag: str) -> set[PersonKind]:
        return {kind for group_tag, kind in self.groups if group_tag == tag}

    def opted_out(self, tag: str, refs: Collection[PersonRef]) -> set[PersonRef]:
        return {ref for ref in refs if ref in self.groups.get((tag, ref.kind), {})}

    def opt_out(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        with self._lock:
            known = [ref for ref in refs if ref in self.persons]
            new = [ref for ref in known if ref not in self.groups[tag, ref.kind]]
            for ref in new:
                self.groups[tag, ref.kind][ref] = note
            return len(new)

    def new_campaign(self, title: str, refs: Iterable[Sequence[PersonRef]], user_id: str) -> str:
        with self._lock:
            campaign_ref = self.add_campaign(title)
            for chunk in refs:
                known = [ref for ref in chunk if ref in self.persons]
                self.add_to_campaign(campaign_ref, *known)
            return campaign_ref

    def merge_fields(self) -> Sequence[MergeField]:
        return self.declared_fields

    def blocks(self, campaign_ref: str) -> Sequence[Block]:
        return self.offered_blocks.get(campaign_ref, ())

    def notify(self, notification: Notification) -> None:
        self.notifications.append(notification)

    def opt_in(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        with self._lock:
            members = [ref for ref in refs if ref in self.groups.get((tag, ref.kind), {})]
            for ref in members:
                del self.groups[tag, ref.kind][ref]
                self.opt_ins[ref] = note
            return len(members)

    def address_failed(self, people: Mapping[PersonRef, str], note: str) -> None:
        known = {ref: (address, note) for ref, address in people.items() if ref in self.persons}
        self.failed.update(known)

    def address_works(self, refs: Collection[PersonRef]) -> None:
        for ref in refs:
            self.failed.pop(ref, None)

    def tab_url(self, campaign_ref: str) -> str:
        return f"/campaigns/{campaign_ref}/mailchimp"

    def person_ref(self, person: Person) -> PersonRef:
        return person.ref

    def person_url(self, ref: PersonRef) -> str | None:
        return f"/{ref.kind}s/{ref.id}"
