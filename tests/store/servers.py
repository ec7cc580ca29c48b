"""A PostgreSQL server of one's own: a cluster in a temporary folder, on a free port, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """Starts it and gives its address without a database: postgresql://plumbline@127.0.0.1:PORT. It takes no root."""
    folder = Path(tempfile.mkdtemp(prefix="plumbline-pg-"))
    as_user = {}
    if os.geteuid() == 0:
        who = pwd.getpwnam("postgres")
        os.chown(folder, who.pw_uid, who.pw_gid)
        as_user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(name: str, *more: str) -> None:
        done = subprocess.run(
            [programs / name, *more], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=120, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            **as_user,
        )  # fmt: skip
        assert done.returncode == 0, f"{name}: {done.stdout}\n{log.read_text() if log.exists() else ''}"

    data, log = folder / "data", folder / "log"
    run("initdb", "-D", str(data), "-U", "plumbline", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder} -c fsync=off"
    # pg_ctl's child keeps its streams open, so they go to the log
    run("pg_ctl", "-D", str(data), "-o", options, "-l", str(log), "-w", "start")
    try:
        yield f"postgresql://plumbline@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
