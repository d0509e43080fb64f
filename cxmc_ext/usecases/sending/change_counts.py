"""The changes in a campaign in numbers, for the tab and the list of scheduled campaigns."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import mailings, recipient_changes
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE
from cxmc_ext.usecases.sending.campaign_changes import CampaignChanges
from cxmc_ext.usecases.shared.batches import in_batches


@dataclass(frozen=True, slots=True)
class FoundChanges:
    """The changes in numbers, for a screen; as stored in `Mailing.campaign_changes`."""

    at: int = 0
    """When the CRM was read."""
    removed: int = 0
    corrected: int = 0
    """People who are mailed at another address."""
    left_out: int = 0
    """People whose new address cannot be mailed."""
    added: int = 0
    mailable: int = 0
    """How many addresses are mailed after the changes."""

    @classmethod
    def from_json(cls, stored: Mapping[str, int]) -> Self | None:
        """What is stored in a mailing; None if the CRM was not read since the freeze."""
        return cls(**stored) if stored else None


def count_changes(
    session: Session, mailing: Mailing, changes: CampaignChanges, at: int
) -> FoundChanges:
    """Counts what `find_changes` found."""
    mailed = [correction for correction in changes.corrected.values() if correction.new_hash]
    moved = [correction for correction in mailed if correction.new_hash != correction.old_hash]
    return FoundChanges(
        at=at,
        removed=len(changes.removed),
        corrected=len(moved),
        left_out=len(changes.corrected) - len(mailed),
        added=changes.added,
        mailable=mailing.mailable_count + _mailable_difference(session, mailing.id, changes),
    )


def store_changes(session: Session, mailing_id: int, found: FoundChanges) -> None:
    """Stores what the tab shows. The caller commits."""
    mailings.update_columns(session, mailing_id, campaign_changes=asdict(found))


def _mailable_difference(session: Session, mailing_id: int, changes: CampaignChanges) -> int:
    """How many addresses more are mailed after the changes than before."""
    changed = changes.removed.keys() | changes.corrected.keys()
    new_hashes = {correction.new_hash for correction in changes.corrected.values()} - {b""}
    difference = 0
    for batch in in_batches(changes.hashes, BATCH_SIZE):
        owners = recipient_changes.mailed_people_by_hash(session, mailing_id, batch)
        before = {owner.member_hash for owner in owners}
        kept = {owner.member_hash for owner in owners if owner.id not in changed}
        difference += len(kept | new_hashes & set(batch)) - len(before)
    return difference
