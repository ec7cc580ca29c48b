"""What can be asked of predictions: what is predicted, which columns say so, and which classes there are.

It is settled once, from both datasets and the terms that somebody gave, so that every slice is asked the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.columns import Column, Kind, Role
from engine.errors import UnknownName, plain
from engine.outcomes import OUTCOMES, SURE, Task, Terms, positive_of
from engine.slices import quoted
from engine.tables.late_labels import Joined, LabelTable, join_labels
from engine.tables.sources import Dataset
from engine.tables.spellings import nothing_in_common, spellings
from engine.tables.values import value_sql

MOST_CLASSES = 100  # more are no classes that a confusion matrix could be read of
MOST_THERE = 10 * MOST_CLASSES  # values of a column that Spark is asked for: more are refused whatever they are
FEW = 20  # whole numbers up to so many distinct ones are classes, unless somebody says otherwise
NUMBER = Column("", "DOUBLE", Kind.NUMERIC)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is predicted, and where that and its truth stand. target: as the reference stores it, with the kind to read.

    scores: columns, one of the positive class or one per class. positive_because: why that class. no_prediction,
    no_score, no_probability: why there are none. joined: labels of a table of their own. spellings: what is written ->
    class, where one class is written in several ways; else empty.
    """

    task: Task
    target: Column
    prediction: Column | None
    scores: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    positive: int | None = None
    positive_because: str = ""
    threshold: float | None = None
    worth: tuple[float, float, float, float] | None = None
    no_prediction: str | None = None
    no_score: str | None = None
    no_probability: str | None = None
    joined: Joined | None = None
    spellings: Mapping[str, str] = field(default_factory=dict)


def question(
    reference: Dataset, production: Dataset, terms: Terms | None = None, labels: LabelTable | None = None
) -> Question | str:
    """What two datasets allow to be asked of their predictions, or why nothing can be.

    Numbers are classes where they are whole, few, and predicted in whole numbers too; else they are regressed on.
    Raises UnknownName for a positive class, or a class with scores, that the labels do not have.
    """
    terms = terms or Terms()
    target = labels.dataset.column(labels.column) if labels else reference.with_role(Role.TARGET)
    prediction, score = (reference.with_role(role) for role in (Role.PREDICTION, Role.SCORE))
    if target is None:
        return "no column has the role target"
    if prediction is None and score is None and not terms.scores:
        return "no column has the role prediction or score"
    sides = [reference, production]
    task = terms.task or _task(sides, target, prediction, labels)
    if task == "regression":
        target = target.as_kind(Kind.NUMERIC)
        joined = join_labels(labels, sides, target) if labels else None
        return Question(task, target, prediction or score, joined=joined)
    target = target.as_kind(Kind.CATEGORICAL)
    joined = join_labels(labels, sides, target) if labels else None
    labels_of = [_values([side], target.name, target, None if i else joined) for i, side in enumerate(sides)]
    said = _values(sides, prediction.name, target) if prediction else set()
    every = _in_order(labels_of[0] | labels_of[1] | said)
    spelled = spellings(every, labels_of[0])
    classes = _in_order(set(spelled.values())) or every
    if not classes:
        return "no row has a label yet"
    terms = _respelled(terms, spelled)
    before, now, answers = ({spelled.get(one, one) for one in some} for some in (*labels_of, said))
    strangers = now or (set() if joined else _unread(production, target))
    if why := nothing_in_common(before, strangers, ("labels of the reference", "those of production")):
        return why
    strange = nothing_in_common(before | now, answers, ("labels", "predictions"))
    if strange:  # what is predicted is told in other words: scores may still say something
        prediction, classes = None, _in_order(before | now)
    if len(classes) > MOST_CLASSES:
        cut = any(side.far for side in sides) and max(map(len, (*labels_of, said))) >= MOST_THERE - 1  # one is NULL
        many = f"{'at least ' if cut else ''}{len(classes):,}"
        return f"{plain(target.name)} has {many} values: too many to be classes, and it is no number"
    if terms.positive is not None and terms.positive not in classes:
        raise UnknownName.of("class", terms.positive, classes, where="positive")
    by_class = _by_class(sides, terms, classes)
    rises = _rises_with(reference, target, score, classes) if score and not by_class else None
    positive, because = positive_of(classes, terms.positive if len(classes) == 2 else None, rises)
    no_score = None if score or by_class else "no column has the role score"
    scores = tuple(by_class[name] for name in classes if name in by_class)
    if positive is not None:
        named = by_class.get(classes[positive], score.name if score else None)
        scores = (named,) if named else ()
        if by_class and not named:
            no_score = f"no column holds the scores of {plain(classes[positive])}"
    elif by_class and len(scores) < len(classes):
        without = next(name for name in classes if name not in by_class)
        scores, no_score = (), f"no column holds the scores of {plain(without)}"
    elif score and not by_class:
        no_score = f"one column of scores cannot rank {len(classes)} classes; name a column for each"
    if len(scores) > 1 and any(side.far for side in sides):
        scores, no_score = (), "scores of several classes are read row by row, and rows lie in Spark"
    by_threshold = terms.threshold is not None and positive is not None and bool(scores)
    has_prediction = prediction is not None or by_threshold
    worth = None if terms.worth is None else tuple(float(terms.worth.get(one, 0.0)) for one in OUTCOMES)
    return Question(
        task, target, prediction, scores, classes, positive, because, terms.threshold, worth,  # type: ignore[arg-type]
        None if has_prediction else strange or "no column has the role prediction",
        no_score, no_score or _improbable(sides, scores), joined, spelled,
    )  # fmt: skip


def _task(sides: Sequence[Dataset], target: Column, prediction: Column | None, labels: LabelTable | None) -> Task:
    if target.kind is not Kind.NUMERIC:
        return "classification"
    places = [(labels.dataset, target.name)] if labels else [(one, target.name) for one in sides]
    places += [(one, prediction.name) for one in sides] if prediction else []
    for dataset, name in places:
        if not dataset.has(name):
            continue
        value = read_sql(dataset, name, NUMBER)
        asked = f"SELECT bool_and(v = floor(v)) AS whole, count(DISTINCT v) AS n FROM (SELECT {value} AS v FROM "
        row = dataset.query(f"{asked}{dataset.scan}) WHERE isfinite(v)").to_pylist()[0]
        if row["whole"] is False or row["n"] > FEW:
            return "regression"
    return "classification"


def _values(sides: Sequence[Dataset], name: str, target: Column, joined: Joined | None = None) -> set[str]:
    """All values of a column of some sides, read as the target is, as text."""
    found = set(joined.values.unique().to_pylist()) if joined else set()
    for side in sides:
        if side.has(name):
            asked = f"SELECT DISTINCT {read_sql(side, name, target)} AS name FROM {side.scan}"
            most = f" LIMIT {MOST_THERE}" if side.far else ""  # where rows lie elsewhere, so many are enough to refuse
            found |= set(side.query(f"{asked}{most}")["name"].to_pylist())
    return found - {None}


def _unread(side: Dataset, target: Column) -> set[str]:
    """What a column holds where none of it can be read as the target is; a few values of it."""
    if not side.has(target.name):
        return set()
    name = quoted(target.name)
    asked = f"SELECT DISTINCT CAST({name} AS VARCHAR) AS name FROM {side.scan} WHERE {name} IS NOT NULL ORDER BY 1"
    return set(side.query(f"{asked} LIMIT {MOST_CLASSES}")["name"].to_pylist()) - {""}


def _in_order(values: set[str]) -> tuple[str, ...]:
    """Classes in order, numbers in theirs."""
    named = sorted(values)
    try:
        return tuple(sorted(named, key=float))
    except ValueError:
        return tuple(named)


def _respelled(terms: Terms, spelled: Mapping[str, str]) -> Terms:
    """Terms that name classes as they are called, however they were written."""
    positive = None if terms.positive is None else spelled.get(terms.positive, terms.positive)
    return replace(terms, positive=positive, scores={spelled.get(k, k): v for k, v in terms.scores.items()})


def _by_class(sides: Sequence[Dataset], terms: Terms, classes: tuple[str, ...]) -> dict[str, str]:
    """Class -> column of its scores, for columns that are there."""
    for name in terms.scores:
        if name not in classes:
            raise UnknownName.of("class", name, classes, where="scores")
    return {name: sides[0].column(column).name for name, column in terms.scores.items()}


def _rises_with(reference: Dataset, target: Column, score: Column, classes: tuple[str, ...]) -> int | None:
    """The class whose rows have the higher score on average in the reference."""
    value = read_sql(reference, score.name, NUMBER)
    asked = f"SELECT {read_sql(reference, target.name, target)} AS name, avg({value}) AS mean FROM {reference.scan} "
    rows = reference.query(f"{asked} WHERE isfinite({value}) GROUP BY 1").to_pylist()
    known = [(row["mean"], classes.index(row["name"])) for row in rows if row["name"] is not None]
    return max(known)[1] if len(known) == 2 else None


def _improbable(sides: Sequence[Dataset], scores: Sequence[str]) -> str | None:
    """Why scores are no probabilities, or None: they lie between 0 and 1, and those of all classes sum to 1."""
    for side in sides:
        values = [read_sql(side, name, NUMBER) for name in scores if side.has(name)]
        if len(values) < len(scores) or not values:
            continue
        low, high, total = f"least({', '.join(values)})", f"greatest({', '.join(values)})", " + ".join(values)
        asked = f"SELECT min({low}) AS low, max({high}) AS high, min({total}) AS least, max({total}) AS most "
        row = side.query(f"{asked} FROM {side.scan} WHERE isfinite({total})").to_pylist()[0]
        if row["low"] is None:
            continue
        if row["low"] < 0 or row["high"] > 1:
            return f"scores from {row['low']:.4g} to {row['high']:.4g} are no probabilities"
        if len(values) > 1 and (row["least"] < 1 - SURE or row["most"] > 1 + SURE):
            return f"the scores of a row sum to {row['least']:.4g} to {row['most']:.4g}, not to 1"
    return None


def read_sql(dataset: Dataset, name: str | None, wanted: Column) -> str:
    """SQL that reads a column as another is read; a column that is not there reads as nothing."""
    if name is None or not dataset.has(name):
        return f"CAST(NULL AS {'DOUBLE' if wanted.kind is Kind.NUMERIC else 'VARCHAR'})"
    stored = dataset.column(name)
    if wanted.kind is Kind.CATEGORICAL and wanted.base == "BOOLEAN" and stored.base == "VARCHAR":
        return f"CAST(TRY_CAST({quoted(name)} AS BOOLEAN) AS VARCHAR)"  # 'True' is true
    return value_sql(stored, wanted)
