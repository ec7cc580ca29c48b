"""Monitors as files: what is watched, on which data, with which thresholds and for whom."""

from engine.monitor.model import Monitor
from engine.monitor.read import read_monitor, read_monitors

__all__ = ["Monitor", "read_monitor", "read_monitors"]
