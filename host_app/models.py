"""The tables of a staffing agency: people, groups, campaigns, and who may see what.

Times are Unix seconds.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    inspect,
    select,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship, validates

from cxmc_ext import canonical_address
from host_app.database import Base

KINDS = ("candidate", "contact")
EMAIL, MAILCHIMP = "E-mail", "MailChimp"
_MAX_EMAIL_LENGTH = 254
_IS_KIND = "kind IN ('candidate', 'contact')"


class Office(Base):
    """A branch. Users see the campaigns of their own branch, and those that belong to all branches."""

    __tablename__ = "office"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


template_role = Table(
    "template_role",
    Base.metadata,
    Column("template_id", ForeignKey("document_template.id"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class Role(Base):
    """A user role and its rights. The right to see a tab comes from a document template."""

    __tablename__ = "role"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    campaigns: Mapped[bool] = mapped_column(Boolean, default=False)
    send: Mapped[bool] = mapped_column(Boolean, default=False)
    configure: Mapped[bool] = mapped_column(Boolean, default=False)
    activate: Mapped[bool] = mapped_column(Boolean, default=False)
    maintenance: Mapped[bool] = mapped_column(Boolean, default=False)
    templates: Mapped[list["DocumentTemplate"]] = relationship(
        secondary=template_role, back_populates="roles", order_by="DocumentTemplate.name"
    )


class DocumentTemplate(Base):
    """A document template, available for some user roles."""

    __tablename__ = "document_template"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    roles: Mapped[list[Role]] = relationship(
        secondary=template_role, back_populates="templates", order_by=Role.name
    )


class Account(Base):
    """A user who can log in."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(255))
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    role: Mapped[Role] = relationship(lazy="joined", innerjoin=True)
    office: Mapped[Office | None] = relationship()

    def sees(self, campaign: "Campaign") -> bool:
        """Whether the user may see the campaign. A user without a branch sees those of all branches."""
        offices = {None, self.office_id}
        return self.role.campaigns and (self.office_id is None or campaign.office_id in offices)


class Message(Base):
    """What the extension told a user; shown behind the bell."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("account_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    key: Mapped[str] = mapped_column(String(40))
    """The same when it is told again."""
    at: Mapped[int] = mapped_column(BigInteger)
    campaign_ref: Mapped[str] = mapped_column(String(64), default="")
    texts: Mapped[Any] = mapped_column(JSON)
    """{language: [title, body]}"""
    is_read: Mapped[bool] = mapped_column(default=False)


# With the account itself, so that the bell of every page takes no statement of its own.
inspect(Account).add_property(
    "unread_messages",
    column_property(
        select(func.count(Message.id))
        .where(Message.account_id == Account.id, Message.is_read.is_(False))
        .correlate_except(Message)
        .scalar_subquery()
    ),
)


class Person(Base):
    """A candidate or a contact."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint(_IS_KIND, name="kind"),
        Index("ix_person_list", "kind", "last_name", "first_name", "id"),
        Index("ix_person_email_key", "email_key"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    first_name: Mapped[str] = mapped_column(String(80), default="")
    prefix: Mapped[str] = mapped_column(String(20), default="")
    last_name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(_MAX_EMAIL_LENGTH), default="")
    email_key: Mapped[str] = mapped_column(String(_MAX_EMAIL_LENGTH), default="")
    """`canonical_address(email)`: equal for people who share an address, however it is spelled."""
    failed_key: Mapped[str] = mapped_column(String(_MAX_EMAIL_LENGTH), default="")
    """The `email_key` at which mail does not arrive; "" if it does."""
    failed_note: Mapped[str] = mapped_column(String(300), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    city: Mapped[str] = mapped_column(String(80), default="")
    work: Mapped[str] = mapped_column(String(120), default="")
    """The trade of a candidate, the function of a contact."""
    company: Mapped[str] = mapped_column(String(120), default="")
    status: Mapped[str] = mapped_column(String(20), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    owner: Mapped[Account | None] = relationship()
    office: Mapped[Office | None] = relationship()
    notes: Mapped[list["Note"]] = relationship(order_by="Note.at.desc()")

    @property
    def name(self) -> str:
        """First name, prefix and last name."""
        return " ".join(filter(None, (self.first_name, self.prefix, self.last_name)))

    @validates("email")
    def _set_email_key(self, _: str, email: str) -> str:
        self.email_key = canonical_address(email)[:_MAX_EMAIL_LENGTH]
        if self.failed_key and self.failed_key != self.email_key:
            self.failed_key = self.failed_note = ""
        return email


class Note(Base):
    """A contact moment with a person."""

    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)


class Tag(Base):
    """Identifies a group for modules, so that the group's name can be changed."""

    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


class Group(Base):
    """A group of people of one kind; at most one group per kind carries a tag."""

    __tablename__ = "people_group"
    __table_args__ = (CheckConstraint(_IS_KIND, name="kind"), UniqueConstraint("kind", "tag_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"))
    tag: Mapped[Tag | None] = relationship(lazy="joined")


class GroupMember(Base):
    """A person in a group, since when and why."""

    __tablename__ = "group_member"
    group_id: Mapped[int] = mapped_column(ForeignKey("people_group.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    note: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[int] = mapped_column(BigInteger)
    group: Mapped[Group] = relationship()
    person: Mapped[Person] = relationship()


class Vacancy(Base):
    """A vacancy on the agency's website."""

    __tablename__ = "vacancy"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    """Its page on the website."""
    title: Mapped[str] = mapped_column(String(120))
    city: Mapped[str] = mapped_column(String(80))
    summary: Mapped[str] = mapped_column(String(400), default="")


campaign_vacancy = Table(
    "campaign_vacancy",
    Base.metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("vacancy_id", ForeignKey("vacancy.id"), primary_key=True, index=True),
)


class Campaign(Base):
    """A mailing. Without `office_id` every branch sees it. The `email_*` fields are for the type E-mail."""

    __tablename__ = "campaign"
    __table_args__ = (CheckConstraint("type IN ('E-mail', 'MailChimp')", name="type"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(10), default=EMAIL)
    created_at: Mapped[int] = mapped_column(BigInteger, index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    email_subject: Mapped[str] = mapped_column(String(200), default="")
    email_reply_to: Mapped[str] = mapped_column(String(254), default="")
    email_text: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[int | None] = mapped_column(BigInteger)
    owner: Mapped[Account] = relationship()
    office: Mapped[Office | None] = relationship()

    @property
    def ref(self) -> str:
        """How the extension refers to this campaign."""
        return str(self.id)


class CampaignMember(Base):
    """A person in a campaign, once."""

    __tablename__ = "campaign_member"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    at: Mapped[int] = mapped_column(BigInteger)
