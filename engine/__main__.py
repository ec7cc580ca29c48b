"""python -m engine: the command line."""

import signal
import sys
from typing import Any

from engine.freed import keep_freed


class NoPandas:
    """Tells who asks that pandas is not installed: pyarrow does when a first array is made, half a second for nothing.

    No verb has a frame in its hands. PySpark alone, which some of its ways need it for, finds it.
    """

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name == "pandas" and "pyspark" not in sys.modules:
            raise ModuleNotFoundError("The command line does without pandas.", name=name)


def start() -> int:
    """Run what was asked for; whoever stops it gets a word and no traceback, while it loads and while it ends too."""
    sys.meta_path.insert(0, NoPandas())
    keep_freed()
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
