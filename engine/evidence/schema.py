"""JSON Schemas of a run's document and of a snapshot, strict: what is not named may not stand there.

Version 1 has only grown: what came later is marked so, and need not stand in a file that was exported before.
"""

from typing import Any

from engine.evidence.changes import CHANGES
from engine.evidence.snapshot import PAPERS
from engine.findings import Severity
from engine.store.ledger import KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
TRUTH: Schema = {"type": "boolean"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{12}$"}
MOMENT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$"}
SEVERITY: Schema = {"enum": [str(one) for one in Severity]}
ANY: Schema = {"type": "object"}
LATER = "Not in every file of this version: those exported first are without it."


def run_schema() -> Schema:
    """Of what compare, run and show write as JSON.

    >>> run_schema()["properties"]["kind"]
    {'const': 'run'}
    """
    return {"$schema": DIALECT, "title": "A run of Plumbline", **_run()}


def snapshot_schema() -> Schema:
    """Of the evidence that is attached to a PDF, and exported as JSON.

    >>> snapshot_schema()["properties"]["kind"]
    {'const': 'snapshot'}
    """
    change = _object(
        signal=TEXT,
        column=_or_null(TEXT),
        metric=TEXT,
        change={"enum": list(CHANGES)},
        before=_or_null(_object(severity=SEVERITY, value=_or_null(NUMBER))),
        after=_or_null(_object(severity=SEVERITY, value=_or_null(NUMBER))),
    )
    previous = _object(
        run=ID, at=MOMENT, words=TEXT, monitor_digest=_or_null(DIGEST), model_version=TEXT, changes=_list(change)
    )
    decision = _object(
        monitor=TEXT, run=TEXT, choice=TEXT, reason=TEXT, by=TEXT, findings=_list(TEXT), until=_or_null(TEXT), at=TEXT
    )
    signed = _object(role=TEXT, name=TEXT, meaning=TEXT, decision=TEXT, at=MOMENT)
    entry = _object(
        seq={"type": "integer", "minimum": 1},
        at=TEXT,
        kind={"enum": list(KINDS)},
        body=ANY,
        previous=DIGEST,
        hash=DIGEST,
    )
    whole = _object(
        schema_version={"const": 1},
        kind={"const": "snapshot"},
        generated_at=MOMENT,
        requested_by=TEXT,
        trigger=_or_null(TEXT),
        demo=TRUTH,
        run=_run(),
        run_sha256=DIGEST,
        previous=_or_null(previous),
        previous_sha256=_or_null(DIGEST),
        revises=_or_null(DIGEST),
        verdict=_or_null(ANY),
        cohorts=_or_null(_list(ANY)),
        searched=_later(TEXT),
        decisions=_list(decision),
        sign_offs=_list(signed),
        ledger=_list(entry),
        options=_object(
            cards=COUNT,
            least_rows=COUNT,
            top=COUNT,
            environment=TEXT,
            brief=_later(TRUTH),
            paper=_later({"enum": list(PAPERS)}),
        ),
    )
    return {"$schema": DIALECT, "title": "Evidence of a run of Plumbline", **whole}


def _object(**fields: Schema) -> Schema:
    """An object with these fields and no other: all of them, but for those that came later."""
    needed = sorted(name for name, one in fields.items() if one.get("$comment") != LATER)
    return {"type": "object", "properties": fields, "required": needed, "additionalProperties": False}


def _later(of: Schema) -> Schema:
    """A field that files of version 1 have since some day, and earlier ones have not."""
    return {**of, "$comment": LATER}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _or_null(of: Schema) -> Schema:
    return {"anyOf": [of, {"type": "null"}]}


def _pair() -> Schema:
    return {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}


def _slice(**more: Schema) -> Schema:
    one = _object(column=TEXT, operator=TEXT, values={"type": "array"})
    window = _object(start=TEXT, end=TEXT)
    return _object(cohort=_list(one), window=_or_null(window), without=TRUTH, words=TEXT, **more)


def _finding() -> Schema:
    part = _object(label=TEXT, reference=SHARE, production=SHARE, part=_or_null(NUMBER))
    numbers = {name: _or_null(NUMBER) for name in ("value", "p_value", "statistic", "floor")}
    rows = {name: _or_null(COUNT) for name in ("rows_needed", "n_reference", "n_production")}
    shares = {name: _or_null(SHARE) for name in ("null_share_reference", "null_share_production")}
    return _object(
        signal=TEXT,
        column=_or_null(TEXT),
        kind=_or_null(TEXT),
        metric=TEXT,
        severity=SEVERITY,
        sentence=TEXT,
        within_noise=TRUTH,
        floor_basis={"enum": ["closed form", "draws", "reference windows", None]},
        threshold=_or_null(_object(warning=NUMBER, critical=NUMBER)),
        interval=_or_null(_pair()),
        band=_or_null(_pair()),
        parts=_or_null(_list(part)),
        **numbers,
        **rows,
        **shares,
    )


def _run() -> Schema:
    side = _object(name=TEXT, rows=COUNT, columns=COUNT, sha256=DIGEST)
    reject = _object(line=COUNT, column=_or_null(TEXT), reason=TEXT)
    choices: Schema = {"type": "object"}
    side["properties"]["read"] = _object(how=TEXT, choices=choices, given=choices, rejected=COUNT, first=_list(reject))
    labels = _object(rows=COUNT, labelled=COUNT)
    counted = _object(**dict.fromkeys(("rows", "nulls", "nans", "infinite", "type_errors", "out_of_bounds"), COUNT))
    maturity: Schema = {"enum": ["mature", "provisional", "incomplete", None]}
    numbers = {name: _or_null(NUMBER) for name in ("value", "low", "high")}
    estimate = _object(metric=TEXT, rows=COUNT, because=_or_null(TEXT), assumption=TEXT, **numbers)
    importance = _object(source=TEXT, features=_list(_object(feature=TEXT, reference=NUMBER, production=NUMBER)))
    return _object(
        schema_version={"const": 1},
        kind={"const": "run"},
        id=ID,
        at=MOMENT,
        monitor=_or_null(TEXT),
        monitor_digest=_or_null(DIGEST),
        engine=_object(name=TEXT, version=TEXT, duckdb=TEXT, numpy=TEXT),
        slice=_slice(),
        against=_slice(side={"enum": ["reference", "production"]}),
        reference=side,
        production=side,
        severity=SEVERITY,
        counts=_object(**dict.fromkeys((*map(str, Severity), "not_computed"), COUNT)),
        notes=_list(TEXT),
        reasons=_list(_object(column=TEXT, sentences=_list(TEXT))),
        findings=_list(_finding()),
        not_computed=_list(_object(signal=TEXT, column=_or_null(TEXT), metric=TEXT, because=TEXT)),
        labels=_or_null(_object(reference=labels, production=labels, maturity=_later(maturity))),
        estimates=_later(_list(estimate)),
        importance=_or_null(importance),
        asked=_or_null(ANY),
        definition=_or_null(ANY),
        quality=_list(_object(column=TEXT, reference=counted, production=counted)),
    )
