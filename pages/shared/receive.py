"""The address that uploads are sent to: pieces of a file, written to disk as they come, for whoever knows the token."""

import json
import re
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.routing import Route

from pages.shared.allowance import Refused, room
from pages.shared.answering import answered
from pages.shared.finishing import finish
from pages.shared.inbox import Parcel, arrived, drop, folder_of, parcel
from pages.shared.resuming import go_on
from pages.shared.turns import TURNS, append, turn

BEFORE, OFFSET = "x-plumbline-before", "upload-offset"
BLOCK = 1 << 20  # bytes that are gathered before the disk is asked
SHORT = 10_000  # bytes of what is said at the beginning


def routes(base: str = "") -> list[Route]:
    """The upload's routes. base: the path that the whole app is served under."""
    where = f"/{base.strip('/')}/upload".replace("//", "/")
    return [
        Route(where, answered(_begin), methods=["POST"]),
        Route(f"{where}/{{id}}", answered(_put), methods=["PUT"]),
        Route(f"{where}/{{id}}", answered(_delete), methods=["DELETE"]),
    ]


async def _begin(request: Request, home: Path) -> dict[str, Any]:
    """Where to go on with a file: at 0, at what is here already, or nowhere because all of it is."""
    told = b""
    async for part in request.stream():
        told += part
        if len(told) > SHORT:
            raise Refused(413, "This is no beginning of an upload.")
    try:
        said = json.loads(told)
        about = (str(said["name"]), int(said["size"]), int(said["modified"]), str(said["head"]))
        digest, known = str(said.get("sha256") or ""), str(said.get("id") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(400, "This is no beginning of an upload.") from None
    if not re.fullmatch(r"[0-9a-f]{64}", about[3]) or not 0 <= about[1] < 1 << 53:
        raise Refused(400, "This is no beginning of an upload.")
    homes = [home]
    if before := request.headers.get(BEFORE):  # the session that the page had before it was loaded anew
        old = folder_of(before)
        homes += [old] if old.is_dir() and old != home else []
    one, already = await to_thread.run_sync(go_on, homes, *about, digest, known, TURNS)
    # perhaps the same as one that is here: only the whole file's hash tells
    return _said(home, one, already) if one else {"id": "", "offset": 0, "prove": True}


def _said(home: Path, one: Parcel, already: bool = False) -> dict[str, Any]:
    here = arrived(home, one)
    return {"id": one.id, "offset": here, "done": bool(one.sha256), "already": already, "sha256": one.sha256}


async def _put(request: Request, home: Path) -> dict[str, Any]:
    """One piece, appended where the file ends. Raises Refused with the right offset for any other place."""
    one = await to_thread.run_sync(parcel, home, request.path_params["id"])
    if one.sha256:
        return _said(home, one)
    here = arrived(home, one)
    try:
        offset = int(request.headers.get(OFFSET, ""))
    except ValueError:
        offset = -1
    if offset != here:
        raise Refused(409, f"The next byte is number {here:,}.", offset=here)
    if here + int(request.headers.get("content-length") or 0) > one.size:
        raise Refused(413, "This is more than the file was said to have.", offset=here)
    await to_thread.run_sync(room, home, one.size - here)
    block = bytearray()
    with turn(one.id) as mine:
        try:
            async for part in request.stream():
                block += part
                if len(block) >= BLOCK:
                    await to_thread.run_sync(append, home, one, mine, bytes(block))
                    block.clear()
        finally:  # a connection that was cut has brought what it brought
            if block:
                await to_thread.run_sync(append, home, one, mine, bytes(block))
        if arrived(home, one) < one.size:
            return _said(home, one)
        whole, already = await to_thread.run_sync(finish, home, one)
        return _said(home, whole, already)


async def _delete(request: Request, home: Path) -> dict[str, Any]:
    """Cancelled: what is here is taken away."""
    one = parcel(home, request.path_params["id"])
    TURNS.pop(one.id, None)
    if not one.sha256:  # what is whole may be looked at already
        await to_thread.run_sync(drop, home, one.id)
    return {"id": one.id, "dropped": not one.sha256}
