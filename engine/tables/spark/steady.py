"""Steady there: whether the files that Spark reads are still what they were when it listed them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from engine.errors import Cancelled
from engine.tables.sources import Dataset
from engine.tables.spark.session import Spark
from engine.tables.spark.views import View


@dataclass(frozen=True, slots=True)
class SteadyThere:
    """Datasets that lie in Spark. Of a version of Delta nothing changes; of a view or a table behind a connection it
    cannot be told without reading all of it: neither is looked at."""

    datasets: Sequence[Dataset]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Read within this: whatever goes wrong because a file changed meanwhile is told as that, as check does.

        Where Spark is not asked meanwhile, it is not asked for its files either.
        """
        before = self._asked()
        try:
            yield
        except Cancelled:
            raise
        except Exception:
            if self._asked() != before:
                self.check()
            raise
        if self._asked() != before:
            self.check()

    def check(self) -> None:
        """Raises UnusableData for a file that was replaced, written on or removed since. Lists them anew."""
        for one in self.datasets:
            if isinstance(one.root, Spark) and isinstance(one.scan, View) and one.scan.still is not None:
                one.root.do(one.scan.still, one.name)

    def _asked(self) -> int:
        return sum(one.root.asked[0] for one in self.datasets if isinstance(one.root, Spark))
