"""Long lists: one page of rows, the filters above them, and links that keep the filters."""

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
_MAX_SEARCH_LENGTH = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `number` counts from 1, `total` is the number of rows on all pages."""

    rows: list[T]
    total: int
    number: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def first_row(self) -> int:
        """The number of the first row on this page, counted from 1; 0 if there is none."""
        return (self.number - 1) * PAGE_SIZE + 1 if self.total else 0

    @property
    def last_row(self) -> int:
        """The number of the last row on this page."""
        return min(self.number * PAGE_SIZE, self.total)


@dataclass(frozen=True, slots=True)
class ListFilter:
    """The search text, and the filters “Group is / is not …” and “Status is …”."""

    q: str = ""
    group: int = 0
    condition: str = "is"
    status: str = ""

    @classmethod
    def from_request(cls, args: MultiDict[str, str]) -> "ListFilter":
        """Reads the filters of a query string; unknown values are ignored."""
        return cls(
            q=args.get("q", "").strip()[:_MAX_SEARCH_LENGTH],
            group=parse_id(args.get("group", "")),
            condition="is not" if args.get("condition") == "is not" else "is",
            status=args.get("status", ""),
        )

    @property
    def as_query(self) -> Mapping[str, Any]:
        """The filters that are set, for the links to further pages."""
        values = {"q": self.q, "group": self.group, "status": self.status}
        values |= {"condition": self.condition} if self.group else {}
        return {name: value for name, value in values.items() if value}

    def apply(self, people: Select[Any]) -> Select[Any]:
        """Limits a query of people to those who match all filters and all words of the search text."""
        for word in self.q.lower().split():
            people = people.where(_searched_text().contains(word, autoescape=True))
        if self.group:
            members = select(GroupMember.person_id).where(GroupMember.group_id == self.group)
            is_member = Person.id.in_(members)
            people = people.where(is_member if self.condition == "is" else ~is_member)
        return people.where(Person.status == self.status) if self.status else people


def paginate(rows: Select[T]) -> Page[T]:
    """The page that `?page=` asks for; beyond the end, the last page."""
    total = db.session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
    last = max(1, -(-total // PAGE_SIZE))
    number = min(max(1, parse_id(request.args.get("page", ""))), last)
    page_rows = db.session.scalars(rows.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE))
    return Page(list(page_rows), total, number)


def people_by_name(kind: str) -> Select[Person]:
    """All people of one kind, by last name."""
    people = select(Person).where(Person.kind == kind)
    return people.order_by(Person.last_name, Person.first_name, Person.id)


def refs_of(people: Iterable[Person]) -> dict[int, PersonRef]:
    """Person id to the ref that the extension uses."""
    return {p.id: PersonRef(PersonKind(p.kind), str(p.id)) for p in people}


def opted_out_ids(people: Iterable[Person]) -> set[int]:
    """The ids of those who get no MailChimp mail."""
    refs = refs_of(people)
    opted_out = DemoHost().opted_out(OPT_OUT_TAG, refs.values())
    return {person_id for person_id, ref in refs.items() if ref in opted_out}


def _searched_text() -> Any:
    columns = (Person.first_name, Person.prefix, Person.last_name, Person.email, Person.city)
    text: Any = Person.company
    for column in columns:
        text = column + " " + text
    return func.lower(text)
