"""python -m engine: the command line."""

import signal
import sys


def start() -> int:
    """Run what was asked for; whoever stops it gets a word and no traceback, while it loads and while it ends too."""
    try:
        from engine.cli import main

        return main()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 2
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(start())
