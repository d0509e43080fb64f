"""Waits double, are capped, and never undercut what the server asks for."""

from cxmc_ext.domain.rules.backoff import backoff


def test_the_wait_doubles_up_to_the_longest() -> None:
    waits = [backoff(failures, first=30, longest=200) for failures in range(5)]
    assert waits == [30, 60, 120, 200, 200]


def test_many_failures_stay_at_the_longest() -> None:
    assert backoff(10_000, first=1, longest=60) == 60


def test_retry_after_is_never_shortened() -> None:
    assert backoff(0, first=1, longest=60, retry_after=300) == 300
    assert backoff(5, first=1, longest=60, retry_after=2) == 32


def test_jitter_adds_a_share_of_the_wait() -> None:
    assert backoff(3, first=1, longest=60, jitter=0.25) == 10
