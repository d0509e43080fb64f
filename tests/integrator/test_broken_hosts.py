"""HostContract reports each defect with the name of the method, and nothing else."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import pytest

from cxmc_ext.domain.people import Person, PersonKind, PersonRef
from cxmc_ext.testing import HostContract, HostSandbox, MemoryHost
from tests.integrator.broken_hosts import BROKEN_HOSTS
from tests.support.sandboxes import AcmeSandbox, MemorySandbox


def failures(sandbox: Callable[[], HostSandbox], *, stores: bool = True) -> Iterator[str]:
    """The messages of the contract about a CRM."""

    class Contract(HostContract):
        transactional = stores

        def make(self) -> HostSandbox:
            return sandbox()

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


@pytest.mark.slow
@pytest.mark.parametrize("host", BROKEN_HOSTS, ids=lambda host: host.__name__)
def test_the_contract_names_the_promise_that_is_broken(host: type) -> None:
    method, text = BROKEN_HOSTS[host]
    messages = list(failures(lambda: AcmeSandbox(host())))
    assert len(messages) == 1, messages
    assert messages[0].startswith(f"Host.{method}: "), messages
    assert text in messages[0]


class EverybodyHasAnAddress(MemorySandbox):
    """A CRM that cannot store a person without an address, and what its `add_people` does then."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__()
        self.error = error

    def add_people(self, kind: PersonKind, addresses: Sequence[str | None]) -> list[PersonRef]:
        if None in addresses:
            raise self.error("NOT NULL")
        return super().add_people(kind, addresses)


def test_an_error_of_the_sandbox_names_its_method() -> None:
    messages = set(failures(partial(EverybodyHasAnAddress, ValueError), stores=False))
    assert messages == {"HostSandbox.add_people: raised ValueError: NOT NULL"}


class CannotTellMarks(MemorySandbox):
    def marked_people(self, refs: Sequence[PersonRef]) -> set[PersonRef]:
        raise ValueError("unknown")


def test_an_error_of_the_sandbox_for_an_ability_names_its_method() -> None:
    messages = set(failures(CannotTellMarks, stores=False))
    assert messages == {"HostSandbox.marked_people: raised ValueError: unknown"}


def test_a_crm_in_which_everybody_has_an_address_is_not_asked_for_one_without() -> None:
    assert not list(failures(partial(EverybodyHasAnAddress, NotImplementedError), stores=False))


class MailsDeletedPeople(MemoryHost):
    def people(self, campaign_ref: str) -> Iterator[Sequence[Person]]:
        yield list(self.people_by_ref(self.members.get(campaign_ref, ())).values())


class ForgetsDeletedPeople(MemoryHost):
    def people_by_ref(self, refs: Collection[PersonRef]) -> Mapping[PersonRef, Person]:
        return super().people_by_ref(set(refs) - self.deleted)


class ForgetsTheirOptOut(MemoryHost):
    def opted_out(self, tag: str, refs: Collection[PersonRef]) -> set[PersonRef]:
        return super().opted_out(tag, refs) - self.deleted


@pytest.mark.parametrize(
    ("host", "message"),
    [
        (MailsDeletedPeople, "Host.people: deleted people must be left out."),
        (ForgetsDeletedPeople, "Host.people_by_ref: must know people who can be restored."),
        (ForgetsTheirOptOut, "Host.opted_out: must know people who can be restored."),
    ],
)
def test_the_contract_tells_what_deleting_a_person_breaks(
    host: type[MemoryHost], message: str
) -> None:
    def make() -> HostSandbox:
        sandbox = MemorySandbox()
        sandbox.host = sandbox.memory = host()
        return sandbox

    assert message in set(failures(make, stores=False))


class LosesWhatIsNotCommitted(MemorySandbox):
    """As a database whose session ends with the context."""

    def commit(self) -> None:
        self.is_committed = True

    @contextmanager
    def context(self) -> Iterator[None]:
        self.is_committed = False
        yield
        if not self.is_committed:
            self.memory.persons.clear()


def test_whoever_is_deleted_is_looked_up_after_a_commit() -> None:
    messages = failures(LosesWhatIsNotCommitted, stores=False)
    assert not [message for message in messages if "can be restored" in message]


def test_a_subclass_without_make_gets_a_message() -> None:
    with pytest.raises(NotImplementedError, match="make"):
        HostContract().setup_method()
