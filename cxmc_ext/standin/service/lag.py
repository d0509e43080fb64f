"""Listings and counts that lag behind: an account as it is shown, not as it is.

Sending always uses the true members, as the real service was seen to do.
"""

from dataclasses import replace

from cxmc_ext.standin.models import Account, Audience, Segment
from cxmc_ext.standin.state import State


def is_visible(state: State, created_at: int, lag: float) -> bool:
    """Whether a listing that lags shows something that was created then."""
    return not lag or state.clock.exact() - created_at >= lag


def shown_account(state: State, account: Account, lag: float) -> Account:
    """The account with segments as they were `lag` seconds ago."""
    if not lag:
        return account
    lists = {id_: shown_audience(state, row, lag) for id_, row in account.lists.items()}
    return replace(account, lists=lists)


def shown_audience(state: State, audience: Audience, lag: float) -> Audience:
    """The audience with segments as they were `lag` seconds ago."""
    if not lag:
        return audience
    segments = {id_: _shown_segment(state, row, lag) for id_, row in audience.segments.items()}
    return replace(audience, segments=segments)


def _shown_segment(state: State, segment: Segment, lag: float) -> Segment:
    cutoff = state.clock.exact() - lag
    members = {
        id_: added_at
        for number, (id_, added_at) in enumerate(segment.members.items())
        if added_at <= cutoff or number < state.switches.lag_shows
    }
    members |= {id_: at for id_, at in segment.removed.items() if at > cutoff}
    return replace(segment, members=members)
