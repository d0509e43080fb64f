"""MailChimp refuses everything: the message names the actual cause and what helps."""

import pytest

from cxmc_ext.domain.messages.lookup import message_for
from cxmc_ext.domain.problems import problems_from_json
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = [on_both, pytest.mark.slow]

EVERYTHING = ("GET /", "* /**")
SEND = ("POST /campaigns/*/actions/send",)


def send(recruiter: Recruiter, calls: tuple[str, ...], kind: str) -> str:
    """Sends a campaign while these calls fail; returns the text the user reads."""
    for call in calls:
        recruiter.standin.state.faults.add(call, kind, times=0)
    recruiter.add("anna@kandidaten.example")
    operation = recruiter.send()
    for _ in range(40):
        recruiter.run_once(operation)
        recruiter.standin.state.advance(30)
        recruiter.skip_pauses()
    assert recruiter.operation(operation).state in ("attention", "not_ready")
    problems = problems_from_json(recruiter.mailing.problems)
    messages = [message_for(problem) for problem in problems]
    assert recruiter.mailed_addresses == []
    return " ".join(
        f"{message.text} {message.remedy} {problem.detail}"
        for message, problem in zip(messages, problems, strict=True)
    )


@pytest.mark.parametrize("calls", [EVERYTHING, ("POST /lists/*",), SEND])
def test_a_deactivated_account_is_named(recruiter: Recruiter, calls: tuple[str, ...]) -> None:
    text = send(recruiter, calls, "403_user_disabled")
    assert "deactivated this account" in text
    assert "plan" not in text


@pytest.mark.parametrize("kind", ["403_akamai", "403_akamai_html"])
@pytest.mark.parametrize("calls", [EVERYTHING, ("POST /lists/*",)])
def test_a_block_by_the_network_is_named(
    recruiter: Recruiter, calls: tuple[str, ...], kind: str
) -> None:
    text = send(recruiter, calls, kind)
    assert "Akamai" in text
    assert "18.1a2b3c4d" in text
    assert "plan" not in text
