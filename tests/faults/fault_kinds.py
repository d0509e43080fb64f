"""The ways in which a call to MailChimp can go wrong."""

from collections.abc import Mapping

from tests.faults.call_sequences import CallSite
from tests.faults.fault_environment import SHORT_TIMEOUT, FaultEnvironment

# Nothing listens: the stand-in is stopped for one round.
CONNECTION_REFUSED = "refused"
_BODY_SIZE = 512 * 1024

OPTIONS: Mapping[str, Mapping[str, float | int]] = {
    "delayed": {"seconds": 0.05},
    "timeout_after": {"seconds": SHORT_TIMEOUT * 2},
    "drip": {"seconds": SHORT_TIMEOUT / 5},
    "big_body": {"size": _BODY_SIZE},
    "gzip_bomb": {"size": _BODY_SIZE},
}
_NEEDS_SHORT_TIMEOUT = ("timeout_after", "drip")

# Time is enough: the scenario must reach its goal without anybody's help.
TRANSIENT = (
    "reset_before", "reset_after", "delayed", "timeout_after", "drip", "429", "429_retry_after",
    "bare_403", "bare_429", "500_before", "500_after", "502_html", "503_akamai", "503_html",
    "504_after", "truncated", "malformed", "html_200", "wrong_shape", "empty_200", "big_body",
    "gzip_bomb", CONNECTION_REFUSED,
)  # fmt: skip
# A definite refusal: the scenario must end with a problem, and reach its goal after another press.
PERMANENT = ("400", "401", "403", "404")
ALL = (*TRANSIENT, *PERMANENT)
FOR_READS = (
    "reset_before", "timeout_after", "429", "bare_403", "500_before", "503_html", "truncated",
    "wrong_shape", CONNECTION_REFUSED, *PERMANENT,
)  # fmt: skip
SAMPLE = ("reset_before", "reset_after", "delayed", "429", "500_after", "wrong_shape", "401", "404")


def plan_fault(env: FaultEnvironment, site: CallSite, kind: str, times: int = 1) -> None:
    """Makes this call fail when the scenario runs, `times` times in a row."""
    if kind == CONNECTION_REFUSED:
        env.call_hooks.before = lambda _, number: (
            env.standin.stop() if number == site.number else None
        )
        return
    if kind in _NEEDS_SHORT_TIMEOUT:
        env.call_hooks.client_factory = env.impatient_mailchimp
    options = OPTIONS.get(kind, {})
    env.standin.state.faults.add(site.route, kind, nth=site.nth, times=times, **options)
