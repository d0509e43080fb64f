"""For tests, an integrator's and our own: a CRM in memory, a queue and a clock driven by hand, a contract."""

from cxmc_ext.testing.contract import HostContract, HostWorld
from cxmc_ext.testing.hand import Clock, HandQueue
from cxmc_ext.testing.memory import MemoryHost
from cxmc_ext.testing.tenants import MemoryTenants, TenantContract, TenantWorld

__all__ = [
    "Clock",
    "HandQueue",
    "HostContract",
    "HostWorld",
    "MemoryHost",
    "MemoryTenants",
    "TenantContract",
    "TenantWorld",
]
