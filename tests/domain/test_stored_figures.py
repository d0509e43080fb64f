"""Which figures of a stored report are shown."""

import math

import pytest

from cxmc_ext.domain.rules.stored_figures import stored_count, stored_pairs, stored_share


@pytest.mark.parametrize("share", [0, 0.0, 0.25, 1, 1.0])
def test_a_share_is_shown(share: float) -> None:
    assert stored_share(share) == share


@pytest.mark.parametrize(
    "odd", [-0.01, 1.01, 2, math.nan, math.inf, True, None, "0.5", [], {}, 2**63]
)
def test_what_is_no_share_is_not(odd: object) -> None:
    assert stored_share(odd) is None


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (None, 0),
        (0, 0),
        (2**31 - 1, 2**31 - 1),
        (2**31, None),
        (-1, None),
        (True, None),
        (1.0, None),
    ],
)
def test_a_count_is_a_whole_number_that_a_campaign_can_have(
    stored: object, shown: int | None
) -> None:
    assert stored_count(stored) == shown


def test_what_is_no_pair_is_left_out() -> None:
    stored = {"a": [3, 2], "b": [3, -1], "c": [3], "d": [1, 2, 3], "e": 7}
    assert stored_pairs(stored) == {"a": (3, 2), "b": (3, None)}
