"""A run: one slice of production held against the reference, every finding and everything that was not computed.

Page, PDF, JSON and command line read this one value; it keeps its small summaries, so it can be drawn without the data.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from engine.assess import Summaries
from engine.expected import Expected
from engine.findings import Finding, NotComputed, Severity
from engine.maturity import Maturity
from engine.outcomes import Outcomes
from engine.ranking import Ranking
from engine.slices import Slice
from engine.slices.against import Against
from engine.summaries import ColumnSummary, QualityCounts

if TYPE_CHECKING:
    import pandas

VERSION = "0.3.0"  # goes up whenever a number of a run becomes another; docs/decisions.md says when
SCHEMA_VERSION = 1
FIELDS = tuple(Finding.__dataclass_fields__)
COUNTED = tuple(QualityCounts.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two datasets, as evidence needs it. read: how it was read from text, as read_alike has it."""

    name: str
    rows: int
    columns: int
    sha256: str
    read: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """The side as it stands in a run's document; read: only of what was read from text."""
        return {name: value for name, value in asdict(self).items() if name != "read" or value is not None}


@dataclass(frozen=True)
class Run:
    """All that one look at the data found. at: UTC, ISO 8601. monitor, monitor_digest: None without a monitor file.

    reasons: column in alarm -> sentences, most telling first. outcomes: predictions held against labels, or why not;
    None where nobody asked. ranking: what the prediction rests on, the same way. expected: performance before labels,
    None where they came; maturity: of production's labels, None where none are known. asked: how to ask the same again,
    as engine/asked.py writes it; definition: the monitor as its file then said, without addresses that may hold
    secrets.
    """

    at: str
    cut: Slice
    against: Against
    reference: Side
    production: Side
    findings: tuple[Finding, ...]
    not_computed: tuple[NotComputed, ...]
    summaries: Summaries = field(repr=False)
    monitor: str | None = None
    monitor_digest: str | None = None
    notes: tuple[str, ...] = ()
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outcomes: Outcomes | str | None = field(default=None, repr=False)
    ranking: Ranking | str | None = field(default=None, repr=False)
    expected: Expected | None = field(default=None, repr=False)
    maturity: Maturity | None = None
    asked: Mapping[str, Any] | None = field(default=None, repr=False)
    definition: Mapping[str, Any] | None = field(default=None, repr=False)

    @cached_property
    def id(self) -> str:
        """Twelve hexadecimal digits over everything that the run says, time included."""
        return _id_of(_fields(self._body()))

    @cached_property
    def severity(self) -> Severity:
        """The most urgent severity among the findings that were judged; not enough data where none could be."""
        found = [finding.severity for finding in self.findings if finding.severity is not Severity.NOT_JUDGED]
        return max(found if self.judged else [*found, Severity.NOT_ENOUGH_DATA], key=lambda one: one.rank)

    @property
    def judged(self) -> int:
        """How many findings were judged; 0 when the data could not carry any question.

        That columns came or are of other types is seen without one row, and does not count.
        """
        judged = (one for one in self.findings if one.severity is not Severity.NOT_JUDGED)
        return sum(one.signal != "schema" or one.severity is Severity.CRITICAL for one in judged)

    @property
    def without_rows(self) -> str | None:
        """The side of the slice that has no rows: reference, or else production; None where both have some."""
        read = [one.quality for one in self.summaries.values() if isinstance(one, ColumnSummary)]
        if any(not one.reference.rows for one in read):
            return "reference"
        return "production" if any(not one.production.rows for one in read) else None

    @property
    def counts(self) -> dict[str, int]:
        """Findings per severity, and questions that were not computed."""
        found = {str(severity): 0 for severity in Severity}
        for finding in self.findings:
            found[str(finding.severity)] += 1
        return found | {"not_computed": len(self.not_computed)}

    def worst(self) -> tuple[Finding, ...]:
        """The findings, most urgent first; ties by value over warning threshold, then by name."""
        by_name = sorted(self.findings, key=lambda one: (one.column or "", one.metric))
        return tuple(sorted(by_name, key=lambda one: one.urgency, reverse=True))

    def document(self, bins: bool = True) -> dict[str, Any]:
        """The run as the JSON document that is promised to scripts; bins: with those of every finding."""
        return {"id": self.id, **self._body(bins)}

    def to_json(self) -> str:
        """The document as canonical JSON: UTF-8, sorted keys, no not-a-number."""
        said = _fields(self._body())
        self.__dict__.setdefault("id", _id_of(said))  # all that it is made of is at hand: the largest part of the work
        return _joined({**said, "id": _canonical(self.id)})

    def to_frame(self) -> "pandas.DataFrame":
        """One row a finding, without its bins."""
        import pandas

        rows = [{k: v for k, v in _finding(one).items() if k != "parts"} for one in self.findings]
        return pandas.json_normalize(rows)

    def _body(self, bins: bool = True) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "run",
            "at": self.at,
            "monitor": self.monitor,
            "monitor_digest": self.monitor_digest,
            "engine": {"name": "plumbline", "version": VERSION, "duckdb": version("duckdb"), "numpy": version("numpy")},
            "slice": self.cut.document(),
            "against": {"side": self.against.side, **self.against.cut.document()},
            "reference": self.reference.document(),
            "production": self.production.document(),
            "severity": str(self.severity),
            "counts": self.counts,
            "notes": list(self.notes),
            "reasons": [{"column": name, "sentences": list(said)} for name, said in self.reasons.items()],
            "findings": [_finding(one, bins) for one in self.findings],
            "not_computed": [_gap(one) for one in self.not_computed],
            "labels": self._labels(),
            "estimates": self._estimates(),
            "importance": self._importance(),
            "asked": self.asked,
            "definition": self.definition,
            "quality": [
                {
                    "column": name,
                    "reference": _quality(one.quality.reference),
                    "production": _quality(one.quality.production),
                }
                for name, one in sorted(self.summaries.items())
                if isinstance(one, ColumnSummary)
            ],
        }

    def _importance(self) -> dict[str, Any] | None:
        """What the prediction rests on, as shares of all importance, and where that is known from; None if unknown."""
        if self.ranking is None or isinstance(self.ranking, str):
            return None
        shares = zip(self.ranking.features, *(side.tolist() for side in self.ranking.shares), strict=True)
        rows = [{"feature": name, "reference": p, "production": q} for name, p, q in shares]
        return {"source": self.ranking.source, "features": rows}

    def _labels(self) -> dict[str, Any] | None:
        """Rows of both sides and how many of them have a label; None where no labels are known."""
        if self.outcomes is None or isinstance(self.outcomes, str):
            return None
        sides = ("reference", self.outcomes.reference), ("production", self.outcomes.production)
        found: dict[str, Any] = {name: {"rows": side.rows, "labelled": side.labelled} for name, side in sides}
        return found | {"maturity": None if self.maturity is None else str(self.maturity)}

    def _estimates(self) -> list[dict[str, Any]]:
        """Performance as it must be expected to be where labels have not come; empty where they have."""
        if self.expected is None:
            return []
        rows = self.expected.by.items()
        return [{"metric": key, **asdict(one), "assumption": self.expected.assumption} for key, one in rows]


def _finding(finding: Finding, bins: bool = True) -> dict[str, Any]:
    """A finding as JSON; by hand, since a run of ten thousand columns has a hundred thousand of them with ten bins."""
    said = {name: getattr(finding, name) for name in FIELDS if bins or name != "parts"}
    said["severity"] = str(finding.severity)
    if (limit := finding.threshold) is not None:
        said["threshold"] = {"warning": limit.warning, "critical": limit.critical}
    if bins and finding.parts is not None:
        said["parts"] = tuple(
            {"label": one.label, "reference": one.reference, "production": one.production, "part": one.part}
            for one in finding.parts
        )
    return said


def _gap(one: NotComputed) -> dict[str, Any]:
    return {"signal": one.signal, "column": one.column, "metric": one.metric, "because": one.because}


def _quality(side: QualityCounts) -> dict[str, Any]:
    return {name: getattr(side, name) for name in COUNTED}


def _id_of(said: Mapping[str, str]) -> str:
    return hashlib.sha256(_joined(said).encode()).hexdigest()[:12]


def _fields(document: Mapping[str, Any]) -> dict[str, str]:
    """The canonical JSON of each field of a document."""
    return {name: _canonical(one) for name, one in document.items()}


def _joined(said: Mapping[str, str]) -> str:
    """The document whose fields were written one by one, as canonical JSON."""
    return "{" + ",".join(f"{_canonical(name)}:{one}" for name, one in sorted(said.items())) + "}"


def _canonical(document: Any) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, default=str, separators=(",", ":"))
