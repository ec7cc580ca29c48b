"""nginx before the app, by the manual's own lines: only port, path, certificate and where it may write are a test's."""

import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT


@contextmanager
def proxying(program: str, home: Path, port: int, app: str, path: str = "drift") -> Iterator[str]:
    """The address at the proxy, which stands on a port before the app at another; path: where the app is served."""
    (home / "nginx.conf").write_text(as_documented(home, port, app, path))
    command = [program, "-p", str(home), "-c", "nginx.conf", "-e", str(home / "error.log")]
    server = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{port}/{path}/"
        for _ in range(100):
            assert server.poll() is None, server.stderr.read() if server.stderr else ""
            try:
                urllib.request.urlopen(address, timeout=5)
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.communicate(timeout=20)


def as_documented(home: Path, port: int, app: str, path: str = "drift") -> str:
    """The manual's own lines. app: the port that it stands before."""
    (block,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8"), re.DOTALL)
    block, n = re.subn(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", block)
    block, m = re.subn(r"\n\s*ssl_certificate\S* [^;]+;", "", block)
    block, k = re.subn(r"127\.0\.0\.1:8501", f"127.0.0.1:{app}", block)
    assert (n, m, k) == (1, 2, 1)
    block = block.replace("/drift", f"/{path}")
    places = "".join(
        f"{name}_temp_path {home}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    who = "user root;\n" if os.geteuid() == 0 else ""
    return f"{who}pid {home}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{block}\n}}\n"
