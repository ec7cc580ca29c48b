"""A small logger for a model in production: what was asked and answered, as Parquet files that a monitor reads.

It needs pyarrow and nothing else of Plumbline, never makes a request wait for a disk, and never breaks one.
"""

from engine.collect.collector import Collector
from engine.collect.compact import compact
from engine.collect.journal import Loss, lost
from engine.collect.middleware import CollectMiddleware
from engine.collect.opening import open_collector

__all__ = ["CollectMiddleware", "Collector", "Loss", "compact", "lost", "open_collector"]
