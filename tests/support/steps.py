"""Acts when an operation comes to a step, and around its remote calls."""

from collections.abc import Callable, Collection
from typing import Any

import pytest

from cxmc_ext.domain.operations import BUILD_KINDS, OperationKind
from cxmc_ext.usecases.operations.context import AnyContext, OperationContext

RunStep = Callable[[], str | None]
Interception = Callable[[AnyContext, RunStep], str | None]


def intercept_step(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    interception: Interception,
    *,
    kinds: Collection[OperationKind] = BUILD_KINDS,
    once: bool = True,
) -> None:
    """Calls `interception` instead of a step; its second argument runs the step itself."""
    original = OperationContext.run_step
    pending = [interception]

    def run_step(context: AnyContext, step_name: str, step: Any) -> str | None:
        if not pending or step_name != name or context.operation.kind not in kinds:
            return original(context, step_name, step)
        chosen = pending.pop() if once else pending[0]
        return chosen(context, lambda: original(context, step_name, step))

    monkeypatch.setattr(OperationContext, "run_step", run_step)


def act_before_step(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    act: Callable[[], object],
    *,
    kinds: Collection[OperationKind] = BUILD_KINDS,
    once: bool = True,
) -> None:
    """Something happens in the world when an operation comes to a step."""

    def interception(context: AnyContext, run: RunStep) -> str | None:
        context.session.rollback()
        act()
        return run()

    intercept_step(monkeypatch, name, interception, kinds=kinds, once=once)
