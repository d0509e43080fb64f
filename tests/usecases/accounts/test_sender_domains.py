"""Verifying a sender's domain from the tab."""

import pytest

from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from cxmc_ext.usecases.accounts import sender_domains
from tests.support.administrator import Administrator
from tests.support.environment import problem_codes


def test_domain_is_verified_with_the_mailed_code(administrator: Administrator) -> None:
    administrator.initialize(DEMO_KEY)
    mailed = sender_domains.request_verification_mail(
        administrator.services, Press(administrator.admin, "m"), "Info@nieuwedomein.example"
    )
    administrator.run_workers()
    assert administrator.operation(mailed).state == "done", administrator.operation(mailed).problems
    code = administrator.standin.state.accounts[DEMO_ACCOUNT].domains["nieuwedomein.example"].code
    wrong = sender_domains.request_code_check(
        administrator.services, Press(administrator.admin, "w"), "nieuwedomein.example", "0"
    )
    administrator.run_workers()
    assert problem_codes(administrator.operation(wrong)) == ["domain_code_wrong"]
    right = sender_domains.request_code_check(
        administrator.services, Press(administrator.admin, "c"), "nieuwedomein.example", f" {code} "
    )
    administrator.run_workers()
    assert administrator.operation(right).state == "done"
    verified = {row["domain"]: row["verified"] for row in administrator.account.sender_domains}
    assert verified["nieuwedomein.example"]


@pytest.mark.slow
def test_free_mail_domain_cannot_be_verified(administrator: Administrator) -> None:
    administrator.initialize(DEMO_KEY)
    for email, code in (("rosa@gmail.com", "free_mail"), ("rosa", "from_email_wrong")):
        with pytest.raises(Invalid) as error:
            sender_domains.request_verification_mail(
                administrator.services, Press(administrator.admin, "m"), email
            )
        assert error.value.fields["email"].code == code


def test_unknown_domain_or_malformed_code_is_refused(
    administrator: Administrator,
) -> None:
    administrator.initialize(DEMO_KEY)
    for domain, code, field in (
        ("evil.example", "1", "domain"),
        ("nieuwedomein.example", "/", "code"),
    ):
        with pytest.raises(Invalid) as error:
            sender_domains.request_code_check(
                administrator.services, Press(administrator.admin, "c"), domain, code
            )
        assert list(error.value.fields) == [field]
