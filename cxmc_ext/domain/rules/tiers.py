"""How often a campaign is synchronised: one table by age (seed), and what follows from it."""

MINUTE = 60
HOUR = 3600
DAY = 86_400

TIERS: tuple[tuple[float, int], ...] = (
    (2 * HOUR, 10 * MINUTE),
    (DAY, HOUR),
    (7 * DAY, 3 * HOUR),
    (14 * DAY, 6 * HOUR),
    (30 * DAY, 12 * HOUR),
    (float("inf"), DAY),
)
"""(age below, every): seconds since the campaign was created, or sent where it was scheduled."""

FIRST = 1
_SPREAD = 10
"""Two campaigns of one second are up to a tenth of their interval apart."""


def tier(origin: int, now: int) -> int:
    """Which row of the table applies."""
    age = now - origin
    return next(index for index, (below, _) in enumerate(TIERS) if age < below)


def every(origin: int, now: int) -> int:
    """Seconds between two updates at this age."""
    return TIERS[tier(origin, now)][1]


def next_sync(origin: int, now: int, seed: int = 0) -> int:
    """When the next update is due.

    Updates lie on a grid that starts at the origin, so that a late run does not shift the ones after
    it; at least half an interval lies between two. `seed` (the mailing's id) moves the grid a little:
    campaigns made at the same moment do not all come due together.
    """
    step = every(origin, now)
    start = origin + seed * 7919 % (step // _SPREAD)
    passed = (now + step // 2 - start) // step
    return max(start + (passed + 1) * step, now + FIRST)
