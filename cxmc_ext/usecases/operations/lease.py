"""An operation that a worker holds: its rows, and the commits that only the holder can make.

A worker holds an operation by a lease: a random token with an expiry time in the operation's row. Every
commit and every remote call checks that the lease is still held, so a worker that stood still for minutes
can neither write nor call anything once another one has taken over.
"""

from dataclasses import replace
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar, cast

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts, mailings, operations
from cxmc_ext.domain.errors import LostLease
from cxmc_ext.domain.operation_payloads import Payload
from cxmc_ext.domain.operations import OperationSpec, OperationState, spec_of
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation

PayloadT_co = TypeVar("PayloadT_co", bound=Payload, covariant=True)

# Seconds by which a lease outlasts the timeout of the call it was extended for. A call that starts within
# this time ends while the lease is still held; a later one is not started at all.
LEASE_GRACE = 15

# Seconds until MailChimp's lists certainly show an object whose creation got no answer (a safety margin:
# no delay has been observed). CXMC_SETTLE_SECONDS may shorten it.
LISTING_DELAY = 10


class _Origin(NamedTuple):
    """What never changes of an operation."""

    kind: str
    account_id: int
    mailing_id: int | None
    actor_id: str


class LeasedOperation(Generic[PayloadT_co]):
    """One claim of an operation: from taking it until it ends, waits or is lost.

    Attributes:
        services: The services of the operation's account.
        session: The Host's database session.
    """

    def __init__(self, services: Services, session: Session, operation_id: int, lease: str) -> None:
        self.services = services
        self.session = session
        self.operation_id = operation_id
        self.lease = lease
        # Minimum length of a lease while parallel calls are running.
        self._min_lease_seconds = 0
        self._next_progress: dict[str, int] = {}

    @property
    def operation(self) -> Operation:
        """The row of the operation."""
        return self.session.get_one(Operation, self.operation_id)

    @cached_property
    def _origin(self) -> _Origin:
        """Kept, because each commit lets the row be read again: 700 times while 100,000 people are added."""
        row = self.operation
        return _Origin(row.kind, row.account_id, row.mailing_id, row.actor_id)

    @property
    def spec(self) -> OperationSpec:
        """What `OPERATION_SPECS` says about its kind."""
        return spec_of(self._origin.kind)

    @property
    def mailing(self) -> Mailing:
        """The mailing it works on; only kinds that have one may ask."""
        mailing_id = self._origin.mailing_id
        assert mailing_id is not None  # noqa: S101 - only operations on mailings have such steps
        return mailings.get(self.session, mailing_id)

    @property
    def account(self) -> Account:
        """The account it belongs to."""
        return accounts.get(self.session, self._origin.account_id)

    @property
    def payload(self) -> PayloadT_co:
        """What earlier steps, or earlier claims of the same step, have kept."""
        return cast(PayloadT_co, self.spec.payload.from_json(self.operation.payload))

    @property
    def now(self) -> int:
        """The current time in Unix seconds."""
        return self.services.clock()

    def commit(self, seconds: int | None = None, **values: Any) -> None:
        """Commits the transaction and extends the lease.

        Args:
            seconds: Length of the lease from now on; by default that of a read call.
            **values: Columns of the operation to change.

        Raises:
            LostLease: Another worker holds the operation, or the module was deactivated. Everything
                since the last commit is rolled back.
        """
        seconds = seconds or self.services.settings.read_timeout + LEASE_GRACE
        seconds = max(seconds, self._min_lease_seconds)
        values = {**self._next_progress, **values}
        self._next_progress = {}
        if not operations.update_held(
            self.session, self.operation_id, self.lease, seconds, **values
        ):
            self.session.rollback()
            raise LostLease
        self.session.commit()

    def set_progress(self, done: int, total: int) -> None:
        """Moves the progress bar, with the next commit."""
        self._next_progress = {"progress_done": done, "progress_total": total}

    def commit_progress(self, **changes: object) -> None:
        """Commits, and changes fields of the payload for whoever claims the operation next.

        Raises:
            LostLease: As `commit`.
        """
        self.commit(payload=replace(self.payload, **changes).to_json())

    def wait_until(self, time: int, **values: str) -> None:
        """Does nothing from `time` on; before that, ends the claim until then.

        Args:
            time: Unix time.
            **values: Values of the message that is shown meanwhile.

        Raises:
            RetryLater: `time` has not come.
        """
        if time > self.now:
            raise RetryLater(time - self.now, Problem("waiting_settle", values=values))

    def wait_until_listed(self, requested_at: int) -> None:
        """Waits until an object whose creation got no answer would show up in MailChimp's lists.

        Raises:
            RetryLater: It may still show up.
        """
        delay = min(LISTING_DELAY, self.services.settings.settle_seconds)
        self.wait_until(requested_at + delay)

    def check_rights(self) -> None:
        """Checks that the user who pressed may still do so. The command line has no user.

        Raises:
            StopOperation: The right was withdrawn.
        """
        actor_id = self._origin.actor_id
        if actor_id and self.spec.required_right not in self.services.host.rights(actor_id):
            raise StopOperation(OperationState.CANCELLED, Problem("no_rights"))
