"""The signature of a webhook: HMAC-SHA256 over the moment and the body, so that nobody else can send or replay one.

Header `Plumbline-Signature: t=SECONDS,v1=HEX`, HEX being HMAC-SHA256 of "SECONDS." followed by the body's bytes.
"""

import hashlib
import hmac
import re

HEADER = "Plumbline-Signature"
TOLERANCE = 300  # seconds that sender's and receiver's clocks may differ by, way included


def sign(body: bytes, secret: str, at: int) -> str:
    """The header's value for a body that is sent at a moment, in seconds since 1970.

    >>> sign(b"{}", "secret", 1)[:20]
    't=1,v1=1122767b19311'
    """
    return f"t={at},v1={_code(body, secret, at)}"


def is_signed(body: bytes, header: str, secret: str, now: float, tolerance: float = TOLERANCE) -> bool:
    """Whether a body came from who knows the secret, not long ago. For receivers; body: as it came, before parsing.

    >>> is_signed(b"{}", sign(b"{}", "secret", 100), "secret", now=130)
    True
    >>> is_signed(b"{ }", sign(b"{}", "secret", 100), "secret", now=130)
    False
    """
    found = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header)
    if found is None or not secret or abs(now - int(found[1])) > tolerance:
        return False
    return hmac.compare_digest(_code(body, secret, int(found[1])), found[2])


def _code(body: bytes, secret: str, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
