"""What the tests of the slots pass to the functions that a host calls in its templates."""

from cxmc_ext.domain.people import PersonKind, PersonRef

ADA = PersonRef(PersonKind.CANDIDATE, "1")
NUL = "a\0b"
