"""Texts that stand in a query; and what the database says when one is wrong."""

MOSTLY = 0.9  # share of a text column's values that must be numbers for it to be a number column with type errors


def literal(text: str) -> str:
    """A text as an SQL string.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def reason(error: Exception) -> str:
    """What the database says was wrong, in one line.

    >>> reason(ValueError("Invalid Input Error: no such thing\\n\\nLINE 1: SELECT"))
    'Invalid Input Error: no such thing'
    """
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return said if len(said) <= 200 else f"{said[:200]}…"
