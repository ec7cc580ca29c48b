"""Every field of a monitor file and what it means: one table that the JSON Schema, editors and the manual read."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from engine.monitor.model import Monitor

MEANING = {
    "monitor": "Name of the monitor; runs, decisions and links carry it.",
    "description": "What the model answers, in a sentence.",
    "owner": "Who is responsible for the model.",
    "model": "The model that is watched.",
    "model.name": "Its name.",
    "model.version": "Its version; a date (2013-03 or 2013-03-31) also says how old it is.",
    "model.trained": "Last day of what it learned from; without it, the version if that is a date.",
    "model.task": "What it predicts: classes or numbers.",
    "model.tier": "How much depends on it.",
    "reference": "The data that the model was built on.",
    "reference.path": "File, glob, folder or address.",
    "reference.sheet": "Sheet of a workbook; without it, the first that is visible and holds anything.",
    "reference.table": "Table, instead of a path: schema.name.",
    "reference.connection": "Connection of the table: postgresql://, sqlite:/// or duckdb:///; or spark.",
    "reference.key": "Column that grows with the table: without it, the table is copied at every run.",
    "production": "The data that the model sees now.",
    "production.path": "File, glob, folder or address.",
    "production.sheet": "Sheet of a workbook; without it, the first that is visible and holds anything.",
    "production.table": "Table, instead of a path: schema.name.",
    "production.connection": "Connection of the table: postgresql://, sqlite:/// or duckdb:///; or spark.",
    "production.key": "Column that grows with the table: without it, the table is copied at every run.",
    "columns": "What the columns are to the model; what is not named is guessed.",
    "columns.id": "Column that tells rows apart.",
    "columns.timestamp": "Column that says when a row happened; windows are cut by it.",
    "columns.score": "Column of the predicted probability or number.",
    "columns.prediction": "Column of the predicted class or number.",
    "columns.target": "Column of what came true, or a table of labels of its own.",
    "columns.target.path": "Where the labels' own table lies.",
    "columns.target.id": "Column of that table that holds the id.",
    "columns.target.column": "Column of that table that holds the label.",
    "columns.attributions": "How much each feature moved each prediction, where that is logged.",
    "columns.attributions.path": "Where the table of attributions lies.",
    "columns.attributions.id": "Column of that table that holds the id.",
    "columns.attributions.prefix": "Instead of a table: what the columns of attributions begin with.",
    "columns.features": "Columns that the model reads: all others, a list, or the most important ones.",
    "columns.features.top": "How many of the most important.",
    "columns.ignore": "Columns that are left out.",
    "columns.cohorts": "Columns whose values make cohorts that are counted beforehand.",
    "columns.kinds": "Kind of a column, where it is not what its type says.",
    "columns.latency": "Column of how long an answer took, in milliseconds.",
    "columns.error": "Column that says whether a request failed.",
    "columns.positive": "The class that a score is the probability of.",
    "columns.threshold": "Score from which on a row counts as predicted so, where no column holds predictions.",
    "columns.scores": "For several classes: class to column of its score.",
    "window": "How time is cut.",
    "window.every": "Calendar windows of an hour, a day, an ISO week or a month.",
    "window.grace": "How long after its end a window is still waited for.",
    "window.least": "Share of the median window's rows that a window must hold to be judged for drift.",
    "against": "What production is held against; of a list, each gives a verdict and all of them one together.",
    "signals": "The signals that are computed: all that the columns allow, but for those that are null here.",
    "signals.data_drift": "Do the inputs still look like the reference?",
    "signals.data_drift.metrics": "Metrics that are judged, by kind of column.",
    "signals.data_drift.metrics.numeric": "Metrics of numbers.",
    "signals.data_drift.metrics.categorical": "Metrics of categories.",
    "signals.data_drift.metrics.datetime": "Metrics of moments.",
    "signals.prediction_drift": "Does the model still answer alike?",
    "signals.prediction_drift.metrics": "Metrics that are judged, by kind of column.",
    "signals.prediction_drift.metrics.numeric": "Metrics of scores.",
    "signals.prediction_drift.metrics.categorical": "Metrics of predicted classes.",
    "signals.prediction_drift.metrics.datetime": "Metrics of moments.",
    "signals.data_quality": "Is anything missing, broken or out of range?",
    "signals.model_performance": "Are the predictions right?",
    "signals.model_performance.metrics": "Metrics that are judged; log_loss and roc_auc, accuracy, or rmse and mae.",
    "signals.model_performance.estimate": "Whether performance is estimated before labels come.",
    "signals.model_performance.value": "What each outcome of a prediction is worth: tp, fp, fn, tn.",
    "signals.attribution_drift": "Does the prediction rest on the same features?",
    "signals.operations": "Is the model served fast and without errors?",
    "thresholds": "METRIC or COLUMN.METRIC (* and ? may stand in it) to limits; the column's own go first.",
    "thresholds.warning": "A number is a level; '5 %' or '+0.01' is relative to the reference's own value.",
    "thresholds.critical": "As warning, and worse.",
    "policy": "When findings call for somebody.",
    "policy.false_alarms": "Share of runs that may raise anything when nothing changed; all readings share it.",
    "policy.persist": "Drift, performance and operations count once they hold in k of the last w windows.",
    "policy.max_model_age": "Age from which on the model is to be trained again.",
    "policy.important": "Columns that rules call important: 'top 5' by importance, a name, a pattern or a list.",
    "policy.rules": "Conditions that count at once when all of them hold in a window.",
    "policy.rules.when": "Conditions: WHAT [of COLUMNS] [warning|critical|fine|unknown].",
    "policy.rules.then": "What the window then counts as, at least; info only tells.",
    "policy.rules.say": "The sentence that stands in the verdict.",
    "policy.mutes": "Findings that raise nothing until a day; they are listed, and wake when they get worse.",
    "policy.mutes.finding": "COLUMN.METRIC or METRIC; * and ? may stand in it.",
    "policy.mutes.until": "Last day of the mute.",
    "policy.mutes.reason": "Why, for who reads it in a year.",
    "policy.mutes.up_to": "What it silences; what reads worse wakes.",
    "policy.objectives": "Promises about readings, with a budget of those that may break them.",
    "policy.objectives.metric": "Metric that is promised.",
    "policy.objectives.columns": "Of which columns: 'top 5', a name, a pattern or a list; none for performance.",
    "policy.objectives.below": "Level that readings stay below, for metrics that are worse when higher.",
    "policy.objectives.above": "Level that readings stay above, for metrics that are worse when lower.",
    "policy.objectives.share": "Share of readings that keep it.",
    "policy.objectives.of": "Over how long; a month is 30 days.",
    "policy.objectives.name": "What it is called.",
    "policy.baselines": "Of several baselines: in alarm against any of them, or only against all.",
    "deliver": "To whom findings are sent.",
    "deliver.to": "Kind of target.",
    "deliver.name": "What the target is called; by default its kind.",
    "deliver.url": "Address, https://… or ${NAME}.",
    "deliver.key": "Key of the service, always ${NAME}.",
    "deliver.secret": "What messages are signed with, always ${NAME}.",
    "deliver.server": "Mail server, smtp://host:port or smtps://host:port, or ${NAME}.",
    "deliver.sender": "Address that mails come from.",
    "deliver.recipients": "Addresses that mails go to.",
    "deliver.path": "File that Prometheus reads.",
    "deliver.when": "The least severity that is told; decision: what calls for one; always: every run.",
    "deliver.digest": "At most one message a day or a week; none: at once.",
    "engine": "What counts the rows.",
    "engine.on": "What counts the rows: DuckDB on this machine, or Spark.",
    "engine.remote": "Address of Spark, sc://host:15002; without, a Spark of this process.",
    "cohorts": "Cohorts that have a name: a list of filters, all of which hold.",
    "events": "What happened, as marks on timelines; the studio asks whether it was caught.",
    "events.at": "Day or moment.",
    "events.until": "Last day, or the end.",
    "events.name": "What it was.",
}
# How text files are written, wherever one may be named.
CHOICES = {
    "encoding": "Name of the encoding: utf-8, latin-1, cp1252, utf-16.",
    "delimiter": "What divides fields: comma, semicolon, tab, space, bar or the character.",
    "quote": "What stands around a field: double, single or none.",
    "escape": "What stands before a quote within a field: the quote itself, or backslash.",
    "comment": "What lines begin with that are left out: hash, or none.",
    "decimal": "Decimal mark: point or comma.",
    "thousands": "What divides thousands: point, comma, space, apostrophe or none.",
    "header": "Rows of names; 0 for none.",
    "skip": "Lines before them.",
    "nulls": "Words that mean missing; those that are chosen mean it in columns of text too.",
    "dates": "How days are written, as in %d.%m.%Y; iso for 2013-12-31.",
    "timestamps": "How moments are written, as in %d.%m.%Y %H:%M.",
}
WRITTEN = ("reference", "production", "columns.target", "columns.attributions")
MEANING |= {f"{place}.csv": "How its text files are written, where that is not to be found out." for place in WRITTEN}
MEANING |= {f"{place}.csv.{name}": said for place in WRITTEN for name, said in CHOICES.items()}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. path: dotted; default: as the file would write it, "must be given", or "" for none."""

    path: str
    allowed: str
    default: str
    meaning: str


def fields(model: type[BaseModel] = Monitor, prefix: str = "") -> Iterator[Field]:
    """Every field of a monitor file, in its order, those of its parts after each."""
    for name, info in model.model_fields.items():
        path = f"{prefix}{name}"
        default = "must be given" if info.is_required() else _default(info.get_default(call_default_factory=True))
        yield Field(path, " or ".join(dict.fromkeys(_allowed(info.annotation))), default, MEANING.get(path, ""))
        for inner in _parts(info.annotation):
            yield from fields(inner, f"{path}.")


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema of the monitor with the meaning of each field, which editors show."""
    definitions: dict[str, Any] = schema.get("$defs", {})

    def walk(node: dict[str, Any], prefix: str) -> None:
        for name, one in node.get("properties", {}).items():
            path = f"{prefix}{name}"
            if path in MEANING:
                one["description"] = MEANING[path]
            for inner in _refs(one):
                walk(definitions[inner], f"{path}.")

    walk(schema, "")
    return schema


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield str(node["$ref"]).rpartition("/")[2]
        yield from (found for key, one in node.items() if key != "description" for found in _refs(one))
    elif isinstance(node, list):
        yield from (found for one in node for found in _refs(one))


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """The parts that a field holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)


WORDS = {str: "text", float: "number", int: "number", bool: "true or false", NoneType: "nothing"}


def _allowed(annotation: Any) -> Iterator[str]:
    """What may stand in a field, in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        yield ", ".join(str(one) for one in inner)
    elif origin is list:
        yield "list of " + " or ".join(_allowed(inner[0]))
    elif origin is dict:
        yield f"{next(_allowed(inner[0]))}: {' or '.join(_allowed(inner[1]))}"
    elif hasattr(annotation, "__metadata__"):
        yield from _allowed(inner[0])
    elif inner:
        yield from (word for one in inner if one is not NoneType for word in _allowed(one))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "its fields"
    elif annotation in WORDS:
        yield WORDS[annotation]
    elif isinstance(annotation, type) and issubclass(annotation, StrEnum):
        yield ", ".join(str(one) for one in annotation)
    else:
        yield "day" if annotation.__name__ == "date" else "day or moment"


def _default(value: Any) -> str:
    """A default as the file would write it."""
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel) or value in ("", [], {}):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def table() -> str:
    """The manual's table: every field, what may stand there, its default, what it means. Markdown."""
    rows = ["| field | what may stand there | default | meaning |", "|---|---|---|---|"]
    for one in fields():
        cells = [f"`{one.path}`", one.allowed, f"`{one.default}`" if one.default else "–", one.meaning]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a monitor file, for editors and for whoever writes such files by program.

    >>> json_schema()["properties"]["policy"]["description"]
    'When findings call for somebody.'
    """
    said = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Monitor file of Plumbline"}
    schema = described(Monitor.model_json_schema())
    return said | {key: value for key, value in schema.items() if key != "title"}
