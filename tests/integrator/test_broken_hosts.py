"""HostContract names each seeded defect in words, and blames nothing that is right."""

from collections.abc import Iterator

import pytest

from cxmc_ext.testing import HostContract, HostSandbox
from tests.integrator.broken_hosts import BROKEN_HOSTS
from tests.support.sandboxes import AcmeSandbox

pytestmark = pytest.mark.slow


def complaints(host: type) -> Iterator[str]:
    """What the contract says about a host, one promise after the other."""

    class Asked(HostContract):
        def make(self) -> HostSandbox:
            return AcmeSandbox(host())

    for name in dir(HostContract):
        if name.startswith("test_"):
            asked = Asked()
            asked.setup_method()
            try:
                getattr(asked, name)()
            except AssertionError as told:
                yield str(told)
            finally:
                asked.teardown_method()


@pytest.mark.parametrize("host", BROKEN_HOSTS, ids=lambda host: host.__name__)
def test_the_contract_names_the_promise_that_is_broken(host: type) -> None:
    method, words = BROKEN_HOSTS[host]
    said = list(complaints(host))
    assert len(said) == 1, said
    assert said[0].startswith(f"Host.{method}: "), said
    assert words in said[0]


def test_a_subclass_without_make_gets_a_message() -> None:
    with pytest.raises(NotImplementedError, match="make"):
        HostContract().setup_method()
