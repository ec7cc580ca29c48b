"""Files in a bucket that speaks S3, brought to the cache: one key, all below a prefix, or those that a glob finds."""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
import pyarrow.fs as fs

from engine.errors import UnreadableSource, nearest, plain, shown
from engine.tables import cache
from engine.tables.away.addresses import may_be_asked, without_secrets
from engine.tables.away.web import GIGABYTES, PIECE
from engine.tables.files.copies import Brought, Tell, no_room
from engine.tables.files.found import TABLES, suffix_of
from engine.tables.settings import setting

OPTIONS = ("endpoint", "region", "anonymous")
MOST = 100_000  # keys that are listed


def fetch_keys(address: str, tell: Tell) -> Brought:
    """The files behind s3://BUCKET/KEY, each copied once for as long as its size and time stay.

    Keys and secrets come from the environment, as AWS' own tools read them, or stand in the address (a monitor writes
    ${NAME} for them). Raises UnreadableSource, with what the bucket said.
    """
    where, parts = without_secrets(address), urlsplit(address)
    may_be_asked(address)
    bucket, key = parts.hostname or "", unquote(parts.path).lstrip("/")
    store = _store(address, where)
    try:
        infos, base = _listed(store, bucket, key, where)
    except (OSError, pa.ArrowException) as error:
        raise _refused(error, where) from None
    most = setting(GIGABYTES, 50.0) * 1e9
    total, done = sum(one.size or 0 for one in infos), 0
    if total > most:
        hint = f"{GIGABYTES} allows {most / 1e9:g} GB."
        raise UnreadableSource(f"Its {len(infos):,} files have {total:,} bytes.", where=where, hint=hint)
    folder = cache.shelf("fetched", cache.key_of("s3", parts.netloc, _of(address, "endpoint"), base))
    files = []
    for one in infos:
        inside = _inside(one.path, base, where)
        state = cache.key_of(one.path, one.size, one.mtime_ns)[:16]
        target = folder / inside.parent / f"{state}-{inside.name}"
        if not target.is_file():
            for size in _copied(store, one.path, target, where):
                done_now = (done + size) / max(total, 1)
                tell(done_now, f"loaded {(done + size) / 1e6:,.0f} MB of {total / 1e6:,.0f}")
        done += one.size or 0
        files.append(target)
    cache.let_go((one for one in folder.rglob("*") if one.is_file() and one not in set(files)), spare=folder)
    cache.evict(spare=folder)
    return Brought(tuple(files), folder, how=f"from the bucket {plain(bucket)}")


def _store(address: str, where: str) -> Any:
    """The bucket's server: from the address, else from the environment."""
    parts = urlsplit(address)
    for name, _ in parse_qsl(parts.query):
        if name not in OPTIONS:
            raise UnreadableSource(f"Unknown option {shown(name)}.", where=where, hint=nearest(name, OPTIONS))
    endpoint = _of(address, "endpoint") or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    told: dict[str, Any] = {
        "request_timeout": 30,
        "connect_timeout": 10,
        "retry_strategy": fs.AwsStandardS3RetryStrategy(4),
    }
    if endpoint:
        scheme, sign, host = endpoint.rpartition("://")
        told |= {"endpoint_override": host.rstrip("/"), "scheme": scheme if sign else "https"}
    region = _of(address, "region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region or endpoint:
        told["region"] = region or "us-east-1"
    if _of(address, "anonymous") in ("true", "1", "yes"):
        told["anonymous"] = True
    elif parts.username:
        told |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password or "")}
    try:
        return fs.S3FileSystem(**told)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _refused(error, where) from None


def _of(address: str, name: str) -> str | None:
    return next((value for key, value in parse_qsl(urlsplit(address).query) if key == name), None)


def _listed(store: Any, bucket: str, key: str, where: str) -> tuple[list[Any], str]:
    """What the key, prefix or glob names, sorted; and the prefix below which partitions are told."""
    glob = next((i for i, sign in enumerate(key) if sign in "*?["), None)
    fixed = key if glob is None else key[:glob].rpartition("/")[0]
    if glob is None and key and not key.endswith("/"):
        [one] = store.get_file_info([f"{bucket}/{key}"])
        if one.type == fs.FileType.File:
            return [one], one.path.rpartition("/")[0]
    base = f"{bucket}/{fixed}".rstrip("/")
    found = store.get_file_info(fs.FileSelector(base, recursive=True, allow_not_found=True))
    found = sorted((one for one in found if one.type == fs.FileType.File and one.size), key=lambda one: one.path)
    if len(found) > MOST:
        raise UnreadableSource(f"There are more than {MOST:,} files.", where=where, hint="Name a longer prefix.")
    if glob is not None:
        picked = [one for one in found if _matches(one.path, f"{bucket}/{key}")]
    else:
        picked = [one for one in found if one.path.lower().endswith(".parquet")]
        picked = picked or [
            one for one in found if suffix_of(Path(one.path)) in TABLES and one.base_name[0] not in "._"
        ]
    if not picked:
        if not found:
            beside = (
                store.get_file_info(fs.FileSelector(base.rpartition("/")[0], allow_not_found=True))
                if "/" in base
                else []
            )
            names = [one.path for one in beside]
            near = nearest(base, names).replace("Did you mean '", "Did you mean 's3://") if names else None
            raise UnreadableSource("There is no such key or prefix.", where=where, hint=near)
        said = f"None of its {len(found):,} files is a table that is asked for."
        raise UnreadableSource(said, where=where, hint=f"The first is {shown('s3://' + found[0].path)}.")
    return picked, base


def _matches(path: str, pattern: str) -> bool:
    """Whether a key is what a glob means: * stays within a folder, ** does not."""
    if "**" not in pattern:
        return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)
    return fnmatchcase(path, pattern) or fnmatchcase(path, pattern.replace("**/", ""))


def _inside(path: str, base: str, where: str) -> Path:
    """The key below the prefix, as a path below the cache: a key may hold anything, .. too."""
    told = path[len(base) :].strip("/")
    steps = told.split("/")
    if any(one in ("", ".", "..") for one in steps) or re.search(r"[\x00-\x1f\\]", told):
        raise UnreadableSource(
            f"The key {shown(path)} cannot be a file here.", where=where, hint="Copy it to another key."
        )
    return Path(*steps)


def _copied(store: Any, path: str, target: Path, where: str) -> Iterator[int]:
    """Copy one file whole or not at all, telling how much is there."""
    part, size = target.with_name(f".part-{os.getpid()}-{target.name}"), 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        stream = part.open("wb")
    except OSError as error:
        raise no_room(where, error) from None
    try:
        with stream, store.open_input_stream(path, buffer_size=0) as source:
            while piece := source.read(8 * PIECE):
                try:
                    stream.write(piece)
                except OSError as error:
                    raise no_room(where, error) from None
                size += len(piece)
                yield size
        part.replace(target)
    except (OSError, pa.ArrowException) as error:
        raise _refused(error, where) from None
    finally:
        part.unlink(missing_ok=True)


def _refused(error: Exception, where: str) -> UnreadableSource:
    """What the bucket said, without what may be a key, and what may mend it."""
    words = str(error).strip() or type(error).__name__
    said = plain(re.sub(r"(AKIA|ASIA)[A-Z0-9]{12,}|key '[^']*'", "…", words).splitlines()[0], 300)
    hint = None
    if "ACCESS_DENIED" in said or "403" in said or "credential" in said.lower():
        hint = "Who asks is told by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ?anonymous=true."
    elif "NETWORK_CONNECTION" in said or "resolve" in said.lower():
        hint = "Is the machine connected? Another server than Amazon's is named by AWS_ENDPOINT_URL or ?endpoint=."
    elif "NO_SUCH_BUCKET" in said or "not exist" in said.lower():
        hint = "Is the bucket's name right, and its region (AWS_REGION, or ?region=)?"
    return UnreadableSource(f"The bucket cannot be read: {said.rstrip('.')}.", where=where, hint=hint)
