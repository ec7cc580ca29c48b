"""Check a file of roles: python -m engine.access access.yaml [MONITOR …] tells every problem, or who may what."""

import sys
from collections.abc import Sequence

from engine.access.deeds import ROLES
from engine.access.rules import Access, read_access
from engine.errors import InvalidAccess, plain


def main(given: Sequence[str]) -> int:
    """0 where the file can be used, 2 where not or where none is named. MONITOR: names that are told who sees them."""
    if not given or given[0] in ("-h", "--help"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        made = read_access(given[0])
    except InvalidAccess as error:
        print(error, file=sys.stderr)
        return 2
    for role in ROLES:
        values = [plain(one) for one, roles in made.roles.items() if role in roles]
        people = [plain(one) for one, roles in made.people.items() if role in roles]
        everybody = ["everybody who signs in"] if role in made.default else []
        print(f"{role}: {', '.join([*everybody, *people, *values]) or 'nobody'}")
    for monitor in given[1:]:
        print(f"{plain(monitor)} is seen by {_whose(made, monitor)}")
    return 0


def _whose(made: Access, monitor: str) -> str:
    whose = made.whose(monitor)
    if whose is None:
        return "everybody who has a role"
    named = [plain(one) for one in (*whose.roles, *whose.groups, *whose.people)]
    return ", ".join(dict.fromkeys(["admin", *named]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
