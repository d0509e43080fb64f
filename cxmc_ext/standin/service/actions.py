"""What people do at MailChimp, outside the API: as recipients, administrators, or MailChimp itself.

Tests call `StandinServer.actions`, other processes `/__actions`, and the website the same functions.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from cxmc_ext.standin.models import (
    DELIVERED_STATUSES,
    Account,
    Audience,
    Campaign,
    Json,
    Member,
    subscriber_hash,
)
from cxmc_ext.standin.seed_data import default_merge_fields
from cxmc_ext.standin.service import engagement, handmade, membership, sending, signup
from cxmc_ext.standin.service.address_change import change_address
from cxmc_ext.standin.state import State

Found = TypeVar("Found")
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
ACTIONS: dict[str, Callable[..., Any]] = {}


def _action(
    method: Callable[Concatenate["Actions", Arguments], Result],
) -> Callable[Concatenate["Actions", Arguments], Result]:
    """Registers an action under its name, and runs it under the state's lock."""

    @wraps(method)
    def locked(actions: "Actions", /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with actions.state.lock:
            result = method(actions, *args, **kwargs)
        actions.state.mark_changed()
        return result

    ACTIONS[method.__name__] = locked
    return locked


class Actions:
    """Actions by ids and addresses; a member may be named by id or by address.

    `at` is when something happened, in seconds since 1970; 0 means now. Every action raises LookupError if
    something it names does not exist.
    """

    def __init__(self, state: State) -> None:
        self.state = state

    # As a recipient of a campaign.

    @_action
    def open(self, campaign: str, member: str, at: int = 0) -> None:
        _, row, id_ = self._recipient(campaign, member)
        engagement.record_open(row, id_, at or self._now())

    @_action
    def click(self, campaign: str, member: str, url: str, at: int = 0) -> None:
        _, row, id_ = self._recipient(campaign, member)
        engagement.record_click(row, id_, url, at or self._now())

    @_action
    def bounce(self, campaign: str, member: str, kind: str = "hard", at: int = 0) -> None:
        """A hard bounce also cleans the member."""
        account, row, id_ = self._recipient(campaign, member)
        engagement.record_bounce(self.state, account, row, id_, kind, at or self._now())

    @_action
    def unsubscribe(self, campaign: str, member: str, reason: str = "", at: int = 0) -> None:
        """Through the link in the mail."""
        account, row, id_ = self._recipient(campaign, member)
        engagement.record_unsubscribe(self.state, account, row, id_, reason, at or self._now())

    @_action
    def complain(self, campaign: str, member: str, at: int = 0) -> None:
        """Marks the mail as spam; `Switches.complaint_status` says what that does to the member."""
        account, row, id_ = self._recipient(campaign, member)
        engagement.record_complaint(self.state, account, row, id_, at or self._now())

    # Members of an audience.

    @_action
    def set_status(self, audience: str, member: str, status: str, by: str = "user") -> None:
        """Subscribes, unsubscribes, cleans, archives or restores, without a campaign."""
        rows, person = self._member(audience, member)
        membership.set_status(self.state, rows, person, status, by)

    @_action
    def confirm(self, audience: str, member: str) -> None:
        """Follows the link in a confirmation mail."""
        signup.confirm(self.state, *self._member(audience, member))

    @_action
    def sign_up(self, audience: str, address: str) -> None:
        """Fills in the signup form of the audience."""
        signup.sign_up(self.state, *self._audience(audience), address)

    @_action
    def edit(self, audience: str, member: str, merge_fields: Json, by: str = "admin") -> None:
        """Changes merge fields, which moves `last_changed`."""
        rows, person = self._member(audience, member)
        membership.update(self.state, rows, person, {"merge_fields": merge_fields}, by)

    @_action
    def change_address(self, audience: str, member: str, address: str, by: str = "user") -> None:
        """Changes a member's address; `Switches.address_change_keeps_id` says whether the id stays."""
        rows, person = self._member(audience, member)
        change_address(self.state, rows, person, address, by)

    @_action
    def delete_member(self, audience: str, member: str) -> None:
        """Permanently: the API cannot add the address again."""
        membership.delete_permanently(self.state, *self._member(audience, member))

    # Campaigns.

    @_action
    def cancel(self, campaign: str) -> None:
        """Stops a campaign that is being sent; what was delivered stays in its report.

        Raises:
            Problem: It is not being sent.
        """
        sending.cancel(self.state, self._campaign(campaign)[1])

    @_action
    def archive(self, campaign: str) -> None:
        """Archives a campaign that went out, or takes one out of the archive."""
        row = self._campaign(campaign)[1]
        if row.status not in DELIVERED_STATUSES:
            raise LookupError("only a campaign that went out can be archived")
        row.status = "sent" if row.status == "archived" else "archived"

    @_action
    def show_status(self, campaign: str, status: str) -> None:
        """Shows any status, for example one that nobody knows; "" shows the true one again."""
        self._campaign(campaign)[1].shown_status = status

    @_action
    def send_by_hand(
        self, audience: str, title: str = "", subject: str = "", type: str = "regular", at: int = 0
    ) -> str:
        """Creates a campaign on the website and sends it to a whole audience; returns its id.

        `type` is any type of MailChimp, such as regular, variate or automation-email.
        """
        account, row = self._audience(audience)
        return handmade.send(self.state, account, row, title, subject, type, at or self._now()).id

    # Audiences and accounts.

    @_action
    def delete_audience(self, audience: str) -> None:
        """Deletes it with its members; reports of its campaigns stay."""
        account, row = self._audience(audience)
        del account.lists[row.id]

    @_action
    def create_audience(self, account: str, name: str) -> str:
        """Creates an empty audience; returns its id."""
        state, rows = self.state, self._account(account).lists
        row = Audience(state.new_id(), state.new_number(), name, self._now())
        row.merge_fields = default_merge_fields()
        rows[row.id] = row
        return row.id

    @_action
    def set_deactivated(self, account: str, deactivated: bool | str = True) -> None:
        """Deactivates an account: every call is answered with 403 User Disabled."""
        self._account(account).deactivated = bool(deactivated)

    def run(self, action: str, arguments: Json) -> Any:
        """Runs an action by its name.

        Raises:
            LookupError: The action, or something it names, does not exist.
            TypeError: An argument is missing or unknown.
            Problem: MailChimp would refuse it.
        """
        function: Callable[..., Any] | None = ACTIONS.get(action)
        if function is None:
            raise LookupError(f"unknown action: {action}")
        return function(self, **arguments)

    def _now(self) -> int:
        return self.state.clock.now()

    def _account(self, id_: str) -> Account:
        return self.state.accounts[id_]

    def _audience(self, id_: str) -> tuple[Account, Audience]:
        matches = (pair for pair in self.state.audiences() if pair[1].id == id_)
        return _found(next(matches, None), f"no audience {id_}")

    def _member(self, audience: str, member: str) -> tuple[Audience, Member]:
        rows = self._audience(audience)[1]
        return rows, _found(membership.find_member(rows, member), f"no member {member}")

    def _campaign(self, id_: str) -> tuple[Account, Campaign]:
        return _found(self.state.find_campaign(id_), f"no campaign {id_}")

    def _recipient(self, campaign: str, member: str) -> tuple[Account, Campaign, str]:
        account, row = self._campaign(campaign)
        id_ = subscriber_hash(member) if "@" in member else member
        if id_ not in row.recipients or row.status not in DELIVERED_STATUSES:
            raise LookupError(f"the campaign was not sent to {member}")
        return account, row, id_


def _found(value: Found | None, text: str) -> Found:
    if value is None:
        raise LookupError(text)
    return value
