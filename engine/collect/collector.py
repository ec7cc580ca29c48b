"""The collector: rows are handed over in a microsecond or two, and a thread of its own writes them in batches.

Nothing that goes wrong here reaches the caller: it is counted, and told once on the logger plumbline.collect.
"""

import logging
import random
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, time_ns
from types import TracebackType
from typing import Any

from engine.collect.files import file_name, write_whole
from engine.collect.journal import Journal, Loss, claim
from engine.collect.process import process_name, tie
from engine.collect.redact import Redaction
from engine.collect.rows import Served, Value, flat, table_of

LOGGER = logging.getLogger("plumbline.collect")
TICK = 0.1  # seconds between looks at the queue while there is something to write
RETRY = 5.0  # seconds until a file that could not be written is tried again
LONGEST_WAIT = 30.0  # seconds that an end waits for the disk


class Collector:
    """Takes what a model was asked and answered, and writes it to a folder. Made by open_collector; safe in threads.

    counts: what became of the rows of this process. lost: what processes before it had taken and not written.
    """

    def __init__(
        self, folder: Path, version: str | None, sample: float, redact: Redaction,
        rows: int, seconds: float, most_rows: int, most_bytes: int,
    ) -> None:  # fmt: skip
        self.folder, self.version, self.sample, self.redact = folder, version, sample, redact
        self.rows, self.seconds, self.most_rows, self.most_bytes = rows, seconds, most_rows, most_bytes
        self.lost: tuple[Loss, ...] = ()
        self._begin()
        self._try("start", self._look_back)
        tie(self)

    def _begin(self) -> None:
        """The state of a process that has taken nothing yet."""
        self._process = process_name()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._lock = threading.RLock()  # a signal handler or destructor may log amid a call of log
        self._queue: deque[Served] = deque()
        self._pending: list[dict[str, Value]] = []
        self._wake, self._written_out = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._journal: Journal | None = None
        self._told: set[str] = set()
        self._idle = self._stopping = False
        self._flush, self._asked, self._due, self._retry = False, 0, 0.0, 0.0  # asked: rows that a flush waits for
        self._handed = self._written = self._dropped = self._failed = self._skipped = self._files = 0
        self._held = self._pending_bytes = 0  # bytes that wait, in all and in pending
        self._random = random.Random()

    # ---- what the caller does; none of it raises or waits

    def log(
        self,
        inputs: Any = None,
        outputs: Any = None,
        *,
        request_id: str | None = None,
        latency_ms: float | None = None,
        status: int | None = None,
        version: str | None = None,
    ) -> None:
        """Hand over one request: inputs and outputs by name (a mapping, JSON as bytes, or any one value).

        latency_ms: milliseconds; status: an HTTP status, 500 and above counting as an error. A mapping is copied, what
        it holds is not. Never raises and never waits: a full queue drops the row and counts it.
        """
        if self.chosen():
            self.put(inputs, outputs, request_id, latency_ms, status, version)

    def chosen(self) -> bool:
        """Whether sampling takes the next request; what it leaves out is counted."""
        if self.sample >= 1.0 or self._random.random() < self.sample:
            return True
        with self._lock:
            self._skipped += 1
        return False

    def put(
        self, inputs: Any, outputs: Any, request_id: str | None, latency_ms: float | None, status: int | None,
        version: str | None = None, size: int = 0,
    ) -> None:  # fmt: skip
        """Hand over a request that sampling has chosen. size: bytes that it holds, where known."""
        try:
            inputs = inputs.copy() if type(inputs) is dict else inputs
            outputs = outputs.copy() if type(outputs) is dict else outputs
            name = request_id or f"{self._random.getrandbits(128):032x}"
            version = version or self.version
            self._enqueue(Served(time_ns(), name, version, latency_ms, status, self.sample, inputs, outputs, size))
        except Exception as error:
            self._trouble("log", error, rows=1)

    def _enqueue(self, row: Served) -> None:
        without: RuntimeError | None = None
        with self._lock:
            if self._handed - self._written - self._failed >= self.most_rows or self._held + row.size > self.most_bytes:
                self._dropped += 1
                full = True
            else:
                full = False
                self._handed += 1
                self._held += row.size
                self._queue.append(row)
                if self._thread is None:
                    try:
                        self._start()
                    except RuntimeError as error:  # the row waits: the next one tries again
                        without = error
                if self._idle or len(self._queue) == self.rows:
                    self._idle = False
                    self._wake.set()
        if without is not None:
            self._trouble("start", without)
        if full:
            self._tell("full", f"the queue is full ({self.most_rows:,} rows wait for the disk); rows are dropped")

    @property
    def counts(self) -> Loss:
        """What became of the rows of this process so far."""
        return Loss(
            self._process, self._started, self._handed, self._written, self._dropped, self._failed, self._skipped,
            self._files,
        )  # fmt: skip

    def flush(self, timeout: float = LONGEST_WAIT) -> bool:
        """Write what was handed over; waits. Whether all of it is on disk (or has failed) in so many seconds."""
        with self._lock:
            if self._thread is None:
                return True
            self._written_out.clear()
            self._flush, self._idle, self._retry = True, False, 0.0
            asked = self._asked = self._handed
            self._wake.set()
        return self._written_out.wait(timeout) and self._written + self._failed >= asked

    def close(self, timeout: float = LONGEST_WAIT) -> None:
        """Write what was handed over, and stop. Waits so many seconds at most; a row logged later starts it anew."""
        with self._lock:
            thread, self._stopping, self._idle, self._retry = self._thread, True, False, 0.0
            self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
            if thread.is_alive():
                left = self.counts.rows
                self._tell("slow", f"{left:,} rows were not on disk after {timeout:g} s and may be lost")
                return
        with self._lock:
            self._stopping = False
            journal, self._journal = self._journal, None
        if journal is not None:
            self._try("journal", lambda: journal.close(self.counts))

    def begin_anew(self) -> None:
        """The state of a child after a fork: it has none of its parent's threads; its parent's rows are not its own."""
        if self._journal is not None:
            self._journal.forget()
        self._begin()

    def __enter__(self) -> "Collector":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # ---- what the thread does

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="plumbline.collect", daemon=True)
        self._stopping = False
        self._thread = thread
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending, or there is no room for a thread
            self._thread = None
            raise

    def _look_back(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lost = claim(self.folder)
        for loss in self.lost:
            LOGGER.warning("an earlier process ended before it was done: %s", loss.words)

    def _work(self) -> None:
        while True:
            waiting = bool(self._pending)
            with self._lock:
                self._idle = not (waiting or self._queue or self._flush or self._stopping)
                idle = self._idle
            self._wake.wait(None if idle else TICK)
            self._wake.clear()
            now, stop, flush = monotonic(), self._stopping, self._flush
            try:
                self._take()
                self._try("journal", self._note)
                full = len(self._pending) >= self.rows or now >= self._due
                if self._pending and (stop or flush or (full and now >= self._retry)):
                    self._write(last=stop)
                    self._try("journal", lambda: self._note(sync=True))
            except Exception as error:  # a defect of ours: these rows are lost, the next ones need not be
                self._trouble("write", error, rows=len(self._pending))
                self._let_go()
            with self._lock:
                if flush and (self._written + self._failed >= self._asked or self._retry):
                    self._flush = False
                    self._written_out.set()
                if self._stopping and not self._queue and not self._pending:
                    self._thread = None
                    self._written_out.set()
                    return

    def _take(self) -> None:
        """From the queue to flat rows; one that cannot be understood keeps what is known of it besides its values."""
        if self._queue and not self._pending:
            self._due = monotonic() + self.seconds
        while self._queue and len(self._pending) < 4 * self.rows:
            served = self._queue.popleft()
            try:
                row = flat(served, self.redact)
            except Exception as error:  # no JSON, too deep, or an object's own defect
                self._tell("unread", f"inputs or outputs that cannot be read are left out ({type(error).__name__})")
                try:
                    row = flat(served._replace(inputs=None, outputs=None), self.redact)
                except Exception as worse:
                    self._trouble("row", worse, rows=1)
                    with self._lock:
                        self._held -= served.size
                    continue
            self._pending.append(row)
            self._pending_bytes += served.size

    def _write(self, last: bool) -> None:
        table, left_out = table_of(self._pending)
        if left_out:
            self._tell("columns", f"{left_out:,} values were left out: one file has room for so many columns only")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(table, self.folder / file_name(self._process, self._files))
        except OSError as error:
            self._retry = monotonic() + RETRY
            self._tell("disk", f"{self.folder} cannot be written: {error.strerror or type(error).__name__}; trying on")
            if last:
                self._trouble("end", error, rows=len(self._pending))
                self._let_go()
            return
        with self._lock:
            self._written += len(self._pending)
            self._files += 1
        self._retry = 0.0
        self._told.discard("disk")
        self._let_go()

    def _let_go(self) -> None:
        with self._lock:
            self._held -= self._pending_bytes
        self._pending, self._pending_bytes = [], 0

    def _note(self, sync: bool = False) -> None:
        if self._journal is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._journal = Journal(self.folder, self._process)
        self._journal.write(self.counts, sync)

    # ---- what goes wrong

    def _try(self, what: str, task: Any) -> None:
        try:
            task()
        except Exception as error:
            self._trouble(what, error)

    def _trouble(self, what: str, error: Exception, rows: int = 0) -> None:
        """Counts rows that are lost to an error, and tells of it; the error's own text may hold values, so not that."""
        with self._lock:
            self._failed += rows
            if what == "log":
                self._handed += rows
        said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        self._tell(what, f"{what} failed: {said}" + (f"; {rows:,} rows are lost" if rows else ""))

    def _tell(self, reason: str, words: str) -> None:
        if reason in self._told:
            return
        self._told.add(reason)
        try:
            LOGGER.warning("%s (told once)", words)
        except Exception:  # a broken handler of the program's own
            self._told.add("handler")
