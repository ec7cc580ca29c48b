"""Who may do what: roles, deeds, the file that gives roles, and the door through which visitors do their deeds."""

from engine.access.deeds import DEEDS, ROLES, Deed
from engine.access.rules import Access, parse_access, read_access
from engine.access.visitor import LOCAL, Visitor, require, visitor_of

__all__ = [
    "DEEDS", "LOCAL", "ROLES", "Access", "Deed", "Visitor", "parse_access", "read_access", "require", "visitor_of",
]  # fmt: skip
