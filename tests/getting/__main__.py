"""Get what tests need besides Python, and tell where it is: python -m tests.getting

What is missing has its tests skipped; of a browser and PostgreSQL that is a failure where CI=true.
"""

import os
import sys

from tests.getting import chromium, nginx, openid, postgresql, qpdf, s3, verapdf

NEEDED = (chromium, postgresql, s3)  # whose tests may not be skipped where all has to pass


def main() -> int:
    lost = []
    for one in (chromium, postgresql, s3, openid, verapdf, qpdf, nginx):
        found = one.find() or one.get()
        print(found or one.MISSING, file=sys.stdout if found else sys.stderr)
        if not found and one in NEEDED:
            lost.append(one)
    return 1 if lost and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
