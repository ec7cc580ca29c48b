"""Get what tests need besides Python, and tell where it is: python -m tests.getting

What is missing has its tests skipped; of those in ALWAYS that is a failure where CI=true.
"""

import sys

from tests.getting import chromium, java, must, nginx, openid, postgresql, qpdf, s3, verapdf


def main() -> int:
    lost = False
    for one in (chromium, postgresql, s3, openid, verapdf, qpdf, nginx, java):
        found = one.find() or one.get()
        print(found or one.MISSING, file=sys.stdout if found else sys.stderr)
        lost = lost or (not found and must(one))
    return int(lost)


if __name__ == "__main__":
    sys.exit(main())
