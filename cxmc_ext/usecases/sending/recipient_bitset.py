"""A set of recipients of one mailing that fits into memory, however many there are."""

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import recipients


class RecipientBitset:
    """A set of recipient ids of one mailing, one bit each: a million of them take 125 kB."""

    def __init__(self, session: Session, mailing_id: int) -> None:
        self._lowest_id, highest_id = recipients.id_range(session, mailing_id)
        self._bits = bytearray((highest_id - self._lowest_id) // 8 + 1)

    def add(self, recipient_id: int) -> None:
        """Adds a recipient, who must be of the mailing."""
        index, bit = divmod(recipient_id - self._lowest_id, 8)
        self._bits[index] |= 1 << bit

    def __contains__(self, recipient_id: int) -> bool:
        index, bit = divmod(recipient_id - self._lowest_id, 8)
        return bool(self._bits[index] & (1 << bit))
