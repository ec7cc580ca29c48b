"""The tables of the store, and what keeps their rows from being changed: the same on SQLite and on PostgreSQL."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = 1  # of these tables; a store of a later one is not touched
META = MetaData()
NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows up in INTEGER columns only

SCHEMA = Table(
    "plumbline_schema",
    META,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Text, nullable=False),
)

# window_start and window_end: ISO 8601, both empty for all time. document and summaries: JSON, deflated; brief: the
# findings without their bins, the same way; open_findings: those of them that call for something, as JSON text.
RUNS = Table(
    "plumbline_runs",
    META,
    Column("seq", NUMBER, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("at", Text, nullable=False),
    Column("monitor", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("window_start", Text, nullable=False),
    Column("window_end", Text, nullable=False),
    Column("against", Text, nullable=False),
    Column("cohort", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("revises", Text, index=True),
    Column("trigger", Text, nullable=False),
    Column("partial", Boolean, nullable=False),
    Column("severity", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("labelled", BigInteger),
    Column("sha256", Text, nullable=False),
    Column("summaries_sha256", Text, nullable=False),
    Column("open_findings", Text, nullable=False),
    Column("brief", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("summaries", LargeBinary, nullable=False),
    UniqueConstraint("monitor", "window_start", "window_end", "against", "cohort", "revision"),
    # the last run of every monitor is found in the index alone, without a look at any document
    Index("plumbline_runs_newest", "monitor", "against", "cohort", "window_end", "at", "seq"),
)

# What is asked about a column over time, without opening a document. column_name: empty for what belongs to none.
FINDINGS = Table(
    "plumbline_findings",
    META,
    Column("run", NUMBER, ForeignKey("plumbline_runs.seq"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("signal", Text, nullable=False),
    Column("column_name", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("value", Float),
    Column("severity", Text, nullable=False),
    Column("floor", Float),
    Column("warning", Float),
    Column("critical", Float),
    Column("within_noise", Boolean, nullable=False),
    Column("n_production", BigInteger),
    Index("plumbline_findings_of_column", "run", "column_name", "metric"),
)

LEDGER = Table(
    "plumbline_ledger",
    META,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
)

DECISIONS = Table(
    "plumbline_decisions",
    META,
    Column("seq", NUMBER, ForeignKey("plumbline_ledger.seq"), primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("monitor", Text, nullable=False, index=True),
    Column("run", Text, nullable=False),
    Column("choice", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("until", Text),
)

# What is still to be sent. Its rows change, unlike all others; what was sent stands in the ledger.
DELIVERIES = Table(
    "plumbline_deliveries",
    META,
    Column("id", NUMBER, primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("target", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Text, nullable=False),
    Column("last_error", Text, nullable=False),
    Index("plumbline_deliveries_due", "state", "next_at"),
)

APPEND_ONLY = (RUNS, FINDINGS, LEDGER, DECISIONS)


def make_tables(connection: Connection) -> None:
    """Make every table and the triggers that refuse changes, within the transaction that is open."""
    META.create_all(connection)
    on = connection.dialect.name
    if on == "postgresql":
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION plumbline_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION USING MESSAGE = 'rows of ' || TG_TABLE_NAME || ' are added, never changed'; END$$"
        )
    for table in APPEND_ONLY:
        for deed in ("update", "delete", *(["truncate"] if on == "postgresql" else [])):
            name, each = f"{table.name}_no_{deed}", "STATEMENT" if deed == "truncate" else "ROW"
            done = f"BEGIN SELECT RAISE(ABORT, 'rows of {table.name} are added, never changed'); END"
            if on == "postgresql":
                done = f"FOR EACH {each} EXECUTE FUNCTION plumbline_refuse()"
            connection.exec_driver_sql(f"CREATE TRIGGER {name} BEFORE {deed.upper()} ON {table.name} {done}")
