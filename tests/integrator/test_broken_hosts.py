"""HostContract reports each defect with the name of the method, and nothing else."""

from collections.abc import Iterator

import pytest

from cxmc_ext.testing import HostContract, HostSandbox
from tests.integrator.broken_hosts import BROKEN_HOSTS
from tests.support.sandboxes import AcmeSandbox

pytestmark = pytest.mark.slow


def failures(host: type) -> Iterator[str]:
    """The messages of the contract about a Host."""

    class Contract(HostContract):
        def make(self) -> HostSandbox:
            return AcmeSandbox(host())

    for name in dir(HostContract):
        if name.startswith("test_"):
            contract = Contract()
            contract.setup_method()
            try:
                getattr(contract, name)()
            except AssertionError as error:
                yield str(error)
            finally:
                contract.teardown_method()


@pytest.mark.parametrize("host", BROKEN_HOSTS, ids=lambda host: host.__name__)
def test_the_contract_names_the_promise_that_is_broken(host: type) -> None:
    method, text = BROKEN_HOSTS[host]
    messages = list(failures(host))
    assert len(messages) == 1, messages
    assert messages[0].startswith(f"Host.{method}: "), messages
    assert text in messages[0]


def test_a_subclass_without_make_gets_a_message() -> None:
    with pytest.raises(NotImplementedError, match="make"):
        HostContract().setup_method()
