"""A monitor's file without its secrets: addresses lose passwords and queries, those that are called their path."""

import re

from engine.tables.spark.answers import HARMLESS

KEYS = r"[\w.-]*(?:password|passwd|secret|token|api_?key|credential|routing_key|connection)[\w.-]*"
# A value: in quotes, or a block, or a text up to what ends one; , } and # end it only where YAML may mean them so.
QUOTED = r"\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'"
BLOCK = r"[|>][^\n]*(?:\n[^\S\n]+[^\n]*|\n(?=\n))*"
BARE = r"\$\{\w+\}(?=[\s,}]|$)|[^\s,}#](?:[^,}#\n]|[,}](?![\s,}\]]|$)|(?<!\s)#)*"
SECRET = re.compile(rf"(?im)((?:^|[\s{{,\"'])(?:{KEYS})[\"']?\s*:\s*)({QUOTED}|{BLOCK}|{BARE})")
PLACE = r"\bpath[\"']?\s*:\s*[\"']?"  # where data lie: that path is needed to read the file, and says nothing
CALLED = re.compile(rf"(?i)({PLACE})?(\bhttps?://)([^\s\"'{{}}/?#]*)([^\s\"'}},]*)")
ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)([^\s\"'/?#]*)@")
QUERY = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s\"'?#,}]*)\?[^\s\"'},]*")
SPARK = re.compile(r"(?i)(\bsc://[^\s\"';]*)((?:;[\w.-]+=(?:\$\{\w+\}|[^;\s\"'}])*)+)")
OPTION = re.compile(r"(;([\w.-]+)=)([^;]*)")
VARIABLE = re.compile(r"[\"']?\$\{\w+\}[\"']?")


def without_secrets(text: str) -> str:
    """The text of a monitor's file as the ledger may keep it; a ${NAME} says nothing and stays.

    >>> without_secrets("deliver: [{to: webhook, url: https://hooks.example.com/T0/s3cret?k=1}]")
    'deliver: [{to: webhook, url: https://hooks.example.com/***}]'
    >>> without_secrets("production: {table: t, connection: postgresql://ann:pw@host/db}")
    'production: {table: t, connection: ***}'
    >>> without_secrets("reference: {path: s3://key:pw@bucket/a.parquet}\\nurl: ${HOOK}")
    'reference: {path: s3://***@bucket/a.parquet}\\nurl: ${HOOK}'
    >>> without_secrets("url: >-\\n  https://hooks.example.com/T0/s3cret\\npath: https://host/a.csv?sig=s3cret")
    'url: >-\\n  https://hooks.example.com/***\\npath: https://host/a.csv?***'
    >>> without_secrets("engine: {on: spark, remote: 'sc://host:443/;use_ssl=true;token=s3cret'}")
    "engine: {on: spark, remote: 'sc://host:443/;use_ssl=true;token=***'}"
    >>> without_secrets("connection: postgresql://ann:s3,cr#et@host/db # ours")
    'connection: ***# ours'
    >>> without_secrets("connection: |\\n  host=db password=s3cret\\ntable: t")
    'connection: ***\\ntable: t'
    >>> without_secrets("connection: 'it''s3cret'\\npassword: ${WORD} # ours")
    'connection: ***\\npassword: ${WORD} # ours'
    """
    text = SECRET.sub(lambda m: m[0] if VARIABLE.fullmatch(m[2].strip()) else f"{m[1]}***", text)
    text = CALLED.sub(_without_path, text)
    text = SPARK.sub(lambda m: m[1] + OPTION.sub(_without_value, m[2]), text)
    return QUERY.sub(r"\1?***", ADDRESS.sub(r"\1***@", text))


def _without_value(found: re.Match[str]) -> str:
    """An option of Spark's address without what may be a token."""
    start, name, value = found.groups()
    return found[0] if name in HARMLESS or VARIABLE.fullmatch(value) else f"{start}***"


def _without_path(found: re.Match[str]) -> str:
    """An address of the web as its host alone, unless it says where data lie."""
    place, scheme, host, path = found.groups()
    if place or len(path) < 2:
        return found[0]
    return f"{scheme}{host.rpartition('@')[2]}/***"
