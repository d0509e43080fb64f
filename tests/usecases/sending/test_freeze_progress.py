"""While people are frozen, the lease is extended and the progress bar moves."""

from typing import Any

import pytest

from cxmc_ext.testing import memory
from cxmc_ext.usecases.operations.lease import LeasedOperation
from tests.support.recruiter import Recruiter


def test_each_chunk_of_the_host_extends_the_lease(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    recruiter.add(*(f"p{number}@kandidaten.example" for number in range(3)))
    monkeypatch.setattr(memory, "_CHUNK_SIZE", 1)
    frozen, commit = list[int](), LeasedOperation.commit

    def noted(self: LeasedOperation[Any], seconds: int | None = None, **values: Any) -> None:
        if self.operation.step == "freeze" and "progress_done" in values:
            frozen.append(values["progress_done"])
        commit(self, seconds, **values)

    monkeypatch.setattr(LeasedOperation, "commit", noted)
    recruiter.send()
    recruiter.run_workers()
    assert frozen == [1, 2, 3, 0], "the next step counts anew"
