"""What happens during a call of the random walk: it fails, or somebody opts out meanwhile."""

import random
import re
from typing import TYPE_CHECKING, Any

from tests.faults import fault_kinds

if TYPE_CHECKING:
    from tests.faults.random_walk import RandomWalk

# Probabilities per call.
P_FAULT, P_OPT_OUT = 0.2, 0.02
SLOW = ("timeout_after", "drip", "big_body", "gzip_bomb", fault_kinds.CONNECTION_REFUSED)
FAST_TRANSIENT = [kind for kind in fault_kinds.TRANSIENT if kind not in SLOW]
# Whom a call is about; other arguments differ between two runs of the same walk.
_MEMBER_HASH = re.compile(r"[0-9a-f]{32}")
_ADDRESS_OR_HASH = re.compile(rf"{_MEMBER_HASH.pattern}|[^\s'\"]+@[^\s'\"]+")


def before_call(walk: "RandomWalk", name: str, arguments: tuple[Any, ...]) -> None:
    """Opts somebody out, or plans a fault for the call."""
    chance = _chance_of_call(walk, name, arguments)
    if chance.random() < P_OPT_OUT:
        walk.opt_out(chance)
    if chance.random() >= P_FAULT:
        return
    # “Not found” would say that the segment is deleted already.
    is_permanent = chance.random() < 0.1 and name != "delete_segment"
    if is_permanent and walk.campaigns:
        walk.campaigns[-1].refused = True
    kind = chance.choice(fault_kinds.PERMANENT if is_permanent else FAST_TRANSIENT)
    members = [each for each in arguments if _MEMBER_HASH.fullmatch(str(each))]
    route = f"* /**{members[0]}**" if members else "* /**"
    options = fault_kinds.OPTIONS.get(kind, {})
    walk.environment.standin.state.faults.add(route, kind, **options)
    walk.counts["faults"] += 1


def _chance_of_call(walk: "RandomWalk", name: str, arguments: tuple[Any, ...]) -> random.Random:
    """Random numbers of one call. Parallel calls come in any order, and the walk stays the same."""
    call = " ".join((name, *_ADDRESS_OR_HASH.findall(repr(arguments))))
    walk.calls[call] += 1
    return random.Random(f"{walk.seed}/{walk.number}/{call}/{walk.calls[call]}")
