"""Long lists: one page of rows, the search and filter lines above them, and links that keep both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select, func, select
from werkzeug.datastructures import MultiDict

from cxmc_ext import OPT_OUT_TAG, PersonKind, PersonRef
from host_app.database import db
from host_app.host import DemoHost, parse_id
from host_app.models import GroupMember, Person

PAGE_SIZE = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of many; `number` counts from 1."""

    rows: list[T]
    total: int
    number: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def first_row(self) -> int:
        return (self.number - 1) * PAGE_SIZE + 1 if self.total else 0

    @property
    def last_row(self) -> int:
        return min(self.number * PAGE_SIZE, self.total)


@dataclass(frozen=True, slots=True)
class ListFilter:
    """The search and the filter lines: Group is / is not, Status is."""

    q: str = ""
    group: int = 0
    condition: str = "is"
    status: str = ""

    @classmethod
    def from_request(cls, args: MultiDict[str, str]) -> "ListFilter":
        return cls(
            q=args.get("q", "").strip()[:100],
            group=parse_id(args.get("group", "")),
            condition="is not" if args.get("condition") == "is not" else "is",
            status=args.get("status", ""),
        )

    @property
    def as_query(self) -> Mapping[str, Any]:
        """What differs from nothing, for the addresses of further pages."""
        told = {"q": self.q, "group": self.group, "status": self.status}
        told |= {"condition": self.condition} if self.group else {}
        return {name: value for name, value in told.items() if value}

    def apply(self, people: Select[Any]) -> Select[Any]:
        """The same people, those of them that match every line."""
        for word in self.q.lower().split():
            people = people.where(_haystack().contains(word, autoescape=True))
        if self.group:
            members = select(GroupMember.person_id).where(GroupMember.group_id == self.group)
            inside = Person.id.in_(members)
            people = people.where(inside if self.condition == "is" else ~inside)
        return people.where(Person.status == self.status) if self.status else people


def paginate(rows: Select[T]) -> Page[T]:
    """The page the address asks for; one past the end is the last one."""
    counted = select(func.count()).select_from(rows.order_by(None).subquery())
    total = db.session.scalar(counted) or 0
    last = max(1, -(-total // PAGE_SIZE))
    asked = min(max(1, parse_id(request.args.get("page", ""))), last)
    found = db.session.scalars(rows.limit(PAGE_SIZE).offset((asked - 1) * PAGE_SIZE))
    return Page(list(found), total, asked)


def people_by_name(kind: str) -> Select[Person]:
    ordered = select(Person).where(Person.kind == kind)
    return ordered.order_by(Person.last_name, Person.first_name, Person.id)


def refs_of(people: Iterable[Person]) -> dict[int, PersonRef]:
    return {p.id: PersonRef(PersonKind(p.kind), str(p.id)) for p in people}


def opted_out_ids(people: Iterable[Person]) -> set[int]:
    """Ids of those whom the MailChimp module will leave out."""
    refs = refs_of(people)
    out = DemoHost().opted_out(OPT_OUT_TAG, refs.values())
    return {key for key, ref in refs.items() if ref in out}


def _haystack() -> Any:
    parts = (Person.first_name, Person.prefix, Person.last_name, Person.email, Person.city)
    text: Any = Person.company
    for part in parts:
        text = part + " " + text
    return func.lower(text)
