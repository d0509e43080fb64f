"""What a press changes at once, as data. `requests.submit` applies it in the operation's transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import accounts, cancelled_operations, erasure, mailings
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.problems import Problem


class Transition(Protocol):
    """A change that belongs to a press."""

    def apply(self, session: Session) -> Problem | None:
        """Makes the change; the caller commits.

        Returns:
            Why the press is refused, or None.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingTransition:
    """Changes a mailing that is in one of the allowed states.

    Attributes:
        mailing_id: The mailing.
        allowed_from: The states in which the press is allowed.
        refusal: Problem code of a press in any other state.
        refusal_by_state: Codes that replace `refusal` in particular states.
        changes: Columns and their new values. Without any, the mailing is only locked and checked.
    """

    mailing_id: int
    allowed_from: Collection[MailingState]
    refusal: str
    refusal_by_state: Mapping[MailingState, str] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, session: Session) -> Problem | None:
        """Changes the mailing; returns the problem if its state does not allow the operation."""
        if self.changes and mailings.update_if_state(
            session, self.mailing_id, self.allowed_from, **self.changes
        ):
            return None
        state = MailingState(mailings.get_for_update(session, self.mailing_id).state)
        if not self.changes and state in self.allowed_from:
            return None
        return Problem(self.refusal_by_state.get(state, self.refusal))


@dataclass(frozen=True, slots=True)
class ActivationStart:
    """Switches the module on, unless it is on already."""

    account_id: int
    at: int
    by: str

    def apply(self, session: Session) -> None:
        """Marks the account as activating."""
        accounts.start_activation(session, self.account_id, self.at, self.by)


@dataclass(frozen=True, slots=True)
class DeactivationStart:
    """Switches the module off for everybody, while what is scheduled is being unscheduled."""

    account_id: int
    at: int
    by: str

    def apply(self, session: Session) -> Problem | None:
        """Marks the account as deactivating and stops what is running."""
        if not accounts.start_deactivation(session, self.account_id, self.at, self.by):
            return Problem("not_active")
        stop_operations(session, self.account_id, self.at)
        return None


@dataclass(frozen=True, slots=True)
class SendingStop:
    """Stops all sending, and with it whatever is on its way to a send and has no send intent yet."""

    account_id: int
    at: int
    by: str

    def apply(self, session: Session) -> None:
        """Marks the account and cancels what is being created."""
        accounts.stop_sending(session, self.account_id, self.at, self.by)
        stop_builds(session, self.account_id, self.at, with_intent=False)


def stop_builds(session: Session, account_id: int, at: int, *, with_intent: bool) -> None:
    """Cancels what would send or schedule a campaign. The caller has locked the account, and commits.

    Args:
        session: The Host's database session.
        account_id: The account.
        at: The current time in Unix seconds.
        with_intent: Also what may have asked MailChimp already. Otherwise it goes on, to find out.
    """
    before_intent = [Problem("sending_was_stopped").to_json()]
    after_intent = [Problem("stopped_after_intent").to_json()]
    mailings.lock_active(session, account_id)
    stopped = cancelled_operations.cancel_builds(
        session, account_id, at, before_intent, with_intent=with_intent
    )
    mailings.stop_all(session, stopped, before_intent, after_intent)


def stop_operations(session: Session, account_id: int, at: int) -> None:
    """Cancels all operations of an account whose epoch was incremented just now. The caller commits."""
    before_intent = [Problem("deactivated").to_json()]
    after_intent = [Problem("stopped_after_intent").to_json()]
    mailings.lock_active(session, account_id)
    stopped = cancelled_operations.cancel_active(session, account_id, at, before_intent)
    mailings.stop_all(session, stopped, before_intent, after_intent)


@dataclass(frozen=True, slots=True)
class Suppression:
    """Puts addresses on the suppression list: from now on they are never sent to MailChimp again."""

    account_id: int
    digests: Collection[bytes]
    at: int

    def apply(self, session: Session) -> None:
        """Adds the digests under the account's lock."""
        accounts.lock(session, self.account_id)
        erasure.add_digests(session, self.account_id, self.digests, self.at)
