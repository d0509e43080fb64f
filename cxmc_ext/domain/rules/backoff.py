"""How long to wait before the next attempt when attempts keep failing."""

# 2 ** 16 exceeds every cap in use; this keeps the power small after many failures.
_MAX_EXPONENT = 16


def backoff(
    failures: int,
    *,
    first: float,
    longest: float,
    retry_after: float | None = None,
    jitter: float = 0.0,
) -> float:
    """Doubles the wait with every failure, up to `longest`.

    Args:
        failures: How many attempts failed before this one; 0 gives the first wait.
        first: The first wait, in seconds.
        longest: Upper bound of the doubled wait, in seconds.
        retry_after: What the server asked for (`Retry-After`), in seconds. Never shortened, even if it
            exceeds `longest`.
        jitter: Share of the wait that is added to it, for example `random.uniform(0, 0.25)`, so that
            clients that failed together do not come back together. Drawn by the caller: rules are pure.

    Returns:
        Seconds to wait.
    """
    wait = min(first * 2.0 ** min(failures, _MAX_EXPONENT), longest)
    return max(wait * (1 + jitter), retry_after or 0)
