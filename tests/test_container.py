"""The image of Containerfile, as far as no container engine is needed: its own lines, in namespaces of their own."""

import asyncio
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tests.browser.by_hand import Hand
from tests.conftest import ROOT
from tests.faults.test_server import asked, seen

TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def instructions(stage: int) -> list[tuple[str, str]]:
    """Instructions of a stage with what follows them, lines that go on joined."""
    lines = "\n".join(line for line in TEXT.split("\n") if not line.startswith("#"))
    found = [tuple(one.split(None, 1)) for one in re.sub(r"\\\n\s*", "", lines).split("\n") if one.strip()]
    begins = [i for i, one in enumerate(found) if one[0] == "FROM"]
    return found[begins[stage] : [*begins, len(found)][stage + 1]]  # type: ignore[return-value]


def said(name: str, stage: int = 1) -> list[str]:
    return [rest for one, rest in instructions(stage) if one == name]


def environment() -> dict[str, str]:
    return dict(one.split("=", 1) for line in said("ENV") for one in shlex.split(line))


def copied(stage: int) -> list[tuple[str, str]]:
    """What is copied from the folder that the image is built in, and where to."""
    found = []
    for line in said("COPY", stage):
        if not line.startswith("--from"):
            *sources, target = line.split()
            found += [(one, target) for one in sources]
    return found


def let_through() -> list[str]:
    """Files of the repository that .dockerignore lets through to the builder."""
    rules = [one for one in (ROOT / ".dockerignore").read_text().split("\n") if one and not one.startswith("#")]
    files = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True).split("\n")
    kept = []
    for file in filter(None, files):
        out = False
        for rule in rules:
            plain = rule.removeprefix("!")
            over = fnmatch(file, plain.replace("**/", "*")) or file.startswith(f"{plain}/") or plain == "*"
            out = not rule.startswith("!") if over else out
        kept += [] if out else [file]
    return kept


def test_what_is_copied_is_there_and_let_through():
    kept = let_through()
    for stage in (0, 1):
        assert copied(stage)
        for source, _ in copied(stage):
            inside = [one for one in kept if one == source or one.startswith(f"{source}/")]
            assert inside, f"COPY {source}: .dockerignore lets nothing of it through, or it is not in the repository"
    wanted = [source for stage in (0, 1) for source, _ in copied(stage)]
    lost = [one for one in kept if not any(one == source or one.startswith(f"{source}/") for source in wanted)]
    assert not lost, f"{lost[0]} goes to the builder and into no image"


def test_every_requirement_of_the_image_is_pinned():
    (install,) = [one for one in said("RUN", 0) if "pip install" in one]
    files = re.findall(r"-r (\S+)", install)
    assert files and "-c constraints.txt" in install and {one for one, _ in copied(0)} >= {*files, "constraints.txt"}
    pinned = {name_of(line) for line in (ROOT / "constraints.txt").read_text().split("\n") if "==" in line}
    asked_for = set()
    for file in {*files, "requirements.txt"}:
        lines = (ROOT / file).read_text().split("\n")
        assert all(one[3:] in {"requirements.txt"} for one in lines if one.startswith("-r ")), file
        asked_for |= {name_of(one) for one in lines if one and one[0] not in "#-"}
    assert asked_for <= pinned, f"not in constraints.txt: {sorted(asked_for - pinned)}"
    assert {"psycopg", "authlib", "httpx", "streamlit"} <= asked_for, "PostgreSQL and sign-in work in the image"


def name_of(line: str) -> str:
    return re.split(r"[^A-Za-z0-9_.-]", line)[0].lower().replace("_", "-")


def test_compose_takes_no_more_than_the_manual_gives():
    """Read-only, no capabilities, nothing open but to this machine; and the worker does what the timer does."""
    manual = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert "podman run --rm --read-only --tmpfs /tmp --cap-drop all -p 127.0.0.1:8501:8501" in manual
    services = COMPOSE["services"]
    for name in ("plumbline", "worker"):
        one = services[name]
        assert one["read_only"] and one["cap_drop"] == ["ALL"] and one["security_opt"] == ["no-new-privileges:true"]
        assert one["volumes"] == [f"state:{said('VOLUME')[0]}"] and one["tmpfs"][0].startswith("/tmp:")
        assert "privileged" not in one and "user" not in one, "the image says whose it is"
        known = {"PLUMBLINE_STORE", "PGPASSWORD", "PLUMBLINE_MEMORY", "PLUMBLINE_ACCESS"}
        assert set(one["environment"]) <= known
    assert all(port.startswith("127.0.0.1:") for one in services.values() for port in one.get("ports", []))
    assert (ROOT / services["plumbline"]["build"]["dockerfile"]).is_file()
    timer = re.findall(r"ExecStart=\S+/python (-m engine .*)", manual)
    loop = re.findall(r"python (-m engine [^;]*);", services["worker"]["command"][-1])
    assert [one.replace("/app/", "") for one in loop] == timer and len(timer) == 2


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """A folder as /app of the image is: what is copied, of what is in the repository and let through."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv", "mount"))):
        pytest.skip("only root can make namespaces to run the image's lines in")
    home = Path(tempfile.mkdtemp(prefix="plumbline-image-"))  # not below pytest's own, which others may not enter
    home.chmod(0o755)
    kept = let_through()
    for source, target in copied(1):
        for file in (one for one in kept if one == source or one.startswith(f"{source}/")):
            inside = Path(target, Path(file).relative_to(source)) if source != file else Path(target)
            inside = inside / Path(file).name if target.endswith("/") else inside
            place = home / "app" / inside
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, place)
    for name in ("state", "tmp", "base"):
        (home / name).mkdir()
    yield home
    shutil.rmtree(home)


def as_image(text: str, image: Path) -> str:
    """A line of the image with its folders where they are here."""
    here = {
        "/var/lib/plumbline": image / "state", "/opt/venv/lib": image / "app" / "engine", "/opt/venv": Path(sys.prefix),
        "/app": image / "app", "/tmp": image / "tmp",
    }  # fmt: skip
    return re.sub(rf"(?<![\w.])({'|'.join(here)})\b", lambda one: str(here[one[1]]), text)


# In namespaces of its own: nothing can be written but the volume and /tmp, and whose Python lies in a closed folder can
# reach it all the same.
INSIDE = r"""
set -e
image=$1 base=$2 top=$3; shift 3
for one in state tmp; do mount --bind "$image/$one" "$image/$one"; done
if [ -n "$top" ]; then
    mount --bind "$base" "$image/base"
    mount -t tmpfs -o mode=755 none "$top"; mkdir -p "$base"; mount --bind "$image/base" "$base"
    mount -o remount,ro "$top"
fi
mount -o remount,bind,ro /
cd "$image/app"
exec setpriv --reuid 10001 --regid 10001 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""


def command_in(image: Path, *command: str) -> list[str]:
    """A command as the image's user, on a root that is read-only."""
    base = Path(os.path.realpath(sys.base_prefix))
    closed = [one for one in reversed(base.parents) if not one.stat().st_mode & 0o001]
    return ["unshare", "--mount", "sh", "-c", INSIDE, "sh", str(image), str(base), str(closed[0] if closed else ""),
            *command]  # fmt: skip


def settings_in(image: Path, port: int) -> dict[str, str]:
    own = {name: as_image(value, image) for name, value in environment().items()}
    own["PATH"] = f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ}
    return kept | own | {"TMPDIR": str(image / "tmp"), "STREAMLIT_SERVER_PORT": str(port)}


@contextmanager
def running(image: Path, **more: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The image's command with its environment, as its user; its port and the environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = settings_in(image, port) | more
    with (image / "server.log").open("w") as log:
        server = subprocess.Popen(
            command_in(image, *json.loads(said("CMD")[0])), env=settings, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield port, settings
        finally:
            server.terminate()  # the signal of STOPSIGNAL
            assert server.wait(timeout=30) in (0, -15, 143), (image / "server.log").read_text()


def healthy(image: Path, settings: dict[str, str]) -> int:
    """What the health check's own command answers."""
    line = said("HEALTHCHECK")[0]
    return subprocess.run(
        command_in(image, *json.loads(line[line.index("[") :])), env=settings, stderr=subprocess.DEVNULL, timeout=60
    ).returncode


@pytest.mark.slow
@pytest.mark.parametrize("path", ["", "drift"])
def test_the_image_runs_as_its_user_on_a_read_only_root(image, path):
    """Its command, its environment, its health check; a page with data, one that writes, and what it left behind."""
    assert said("USER") == ["10001:10001"] and said("STOPSIGNAL") == ["SIGTERM"]
    for folder in ("state", "tmp"):
        os.chown(image / folder, 10001, 10001)
        (image / folder).chmod(0o700)
    before = {one for one in image.rglob("*") if not one.is_relative_to(image / "state")}
    more = {"STREAMLIT_SERVER_BASE_URL_PATH": path} if path else {}
    with running(image, **more) as (port, settings):
        end = time.monotonic() + 90
        while healthy(image, settings):
            assert time.monotonic() < end, (image / "server.log").read_text()
            time.sleep(0.5)
        address = f"http://127.0.0.1:{port}/{path}".rstrip("/")
        status, told = asked(f"{address}/readyz")
        assert status == 200 and told["checks"]["monitors"]["readable"] == 3, told
        for page in ("overview" if not path else "", "data", "runs"):
            assert run_async(address, page) == [], page
        assert told["checks"]["disk"]["ok"]
        (held,) = re.findall(r"Uid:\s+(\d+)", process_of(port))
        assert held == "10001"
    assert healthy(image, settings) != 0, "who does not answer is not healthy"
    log = (image / "server.log").read_text()
    assert "Traceback" not in log and "Read-only" not in log, log
    assert '"event": "started"' in log and '"event": "stopped"' in log, "it logs as JSON, and ends in order"
    left = {one for one in image.rglob("*") if not one.is_relative_to(image / "state")} - before
    assert {one.name for one in left if not one.is_relative_to(image / "tmp")} <= {"server.log"}
    assert list((image / "state").iterdir()), "what it keeps lies in the volume"


@pytest.mark.slow
def test_sign_in_is_mounted_into_the_image(image):
    """As the manual has it: what is told of the provider, and the file of roles; then nobody gets in without."""
    manual = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert "-v ./secrets.toml:/app/.streamlit/secrets.toml:ro" in manual and "-e PLUMBLINE_ACCESS=" in manual
    secrets, access = image / "app" / ".streamlit" / "secrets.toml", image / "app" / "access.yaml"
    secrets.write_text(
        '[auth]\nredirect_uri = "http://127.0.0.1/oauth2callback"\ncookie_secret = "of a test"\n'
        'client_id = "x"\nclient_secret = "x"\nserver_metadata_url = "http://127.0.0.1:1/x"\n'
    )
    access.write_text("default: viewer\n")

    async def entrance(port: int) -> str:
        hand = Hand(f"http://127.0.0.1:{port}", {})
        await hand.come("column")
        await hand.leave()
        return hand.said

    try:
        with running(image, PLUMBLINE_ACCESS=str(access)) as (port, settings):
            end = time.monotonic() + 90
            while healthy(image, settings):
                assert time.monotonic() < end, (image / "server.log").read_text()
                time.sleep(0.5)
            with ThreadPoolExecutor(1) as pool:
                said = pool.submit(lambda: asyncio.run(entrance(port))).result()
        assert "Sign in to see the monitors" in said and "not installed" not in said and "flights" not in said
    finally:
        secrets.unlink()
        access.unlink()


def run_async(address: str, page: str) -> list[str]:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(seen(address, page))).result()


def process_of(port: int) -> str:
    """The status of the process that was told this port by its environment."""
    wanted = f"STREAMLIT_SERVER_PORT={port}".encode()
    for one in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (one / "environ").read_bytes().split(b"\0") and b"streamlit" in (one / "cmdline").read_bytes():
                return (one / "status").read_text()
        except OSError:
            continue
    raise AssertionError("no process has that port")


@pytest.mark.slow
def test_the_lines_that_make_user_and_bytecode_run(image):
    """The RUN lines of the image itself, with /etc and /var that are thrown away afterwards."""
    user, compiling = said("RUN")
    real = Path("/var/lib/plumbline").exists()
    layers = "mkdir -p $1/layers && mount -t tmpfs none $1/layers && cd $1/layers && mkdir e f v w && "
    layers += "mount -t overlay overlay -o lowerdir=/etc,upperdir=e,workdir=f /etc && "
    layers += "mount -t overlay overlay -o lowerdir=/var,upperdir=v,workdir=w /var && cd / && "
    then = " && id plumbline && stat -c '%u %g %a' /var/lib/plumbline && getent passwd plumbline"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", layers + user + then, "sh", str(image)], capture_output=True, text=True
    )
    if "overlay" in done.stderr and done.returncode:
        pytest.skip(f"no overlay can be mounted here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert "uid=10001(plumbline) gid=10001(plumbline)" in done.stdout and "10001 10001 700" in done.stdout
    assert done.stdout.strip().endswith("/usr/sbin/nologin") and Path("/var/lib/plumbline").exists() == real
    copy = image / "compiled"
    shutil.copytree(image / "app", copy)
    line = as_image(compiling, image).replace(str(image / "app"), str(copy))
    subprocess.run(["sh", "-c", line], cwd=copy, check=True)
    assert (copy / "engine" / "__pycache__").is_dir() and (copy / "pages" / "shared" / "__pycache__").is_dir()
    shutil.rmtree(copy)
