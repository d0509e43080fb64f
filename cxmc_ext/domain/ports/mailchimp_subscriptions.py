"""The endpoints that name a status for a member who exists: archived, restored, unsubscribed, asked."""

from typing import Protocol

from cxmc_ext.domain.mailchimp import Member, NewMember


class MailChimpSubscriptions(Protocol):
    """The part of `MailChimp` that changes whether a member is mailed.

    Only `restore_member` names “subscribed”, for members who were never anything else to us.
    """

    def restore_member(self, list_id: str, member_hash: str, row: NewMember) -> Member:
        """Subscribes an archived member again: `PUT /lists/{list_id}/members/{member_hash}`.

        Without a status an archived member stays archived. Only for members who were read as archived
        a moment ago.

        Returns:
            The member as it is now. Read its status before counting on it.

        Raises:
            Refused: MailChimp may not subscribe the address (“Member In Compliance State”).
        """

    def archive_member(self, list_id: str, member_hash: str) -> None:
        """Archives a member: `DELETE /lists/{list_id}/members/{member_hash}`.

        Only for members who were read as subscribed, or as asked to confirm, a moment ago: an archived
        member does not show any more whether they unsubscribed.

        Raises:
            NotFound: There is no such member, or it is archived already.
        """

    def unsubscribe_member(self, list_id: str, member_hash: str) -> None:
        """Unsubscribes a member: `PATCH /lists/{list_id}/members/{member_hash}`.

        Only they themselves can subscribe again.

        Raises:
            NotFound: There is no such member.
        """

    def invite_member(self, list_id: str, member_hash: str, address: str) -> Member:
        """Has somebody asked to subscribe: `PUT /lists/{list_id}/members/{member_hash}`.

        The status is “pending”, for which MailChimp mails a confirmation; it may ignore or refuse that.
        """
