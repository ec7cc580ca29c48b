"""The manual: its example is a monitor file, and nothing that can be written or read is missing in it."""

import re
import subprocess
import time

from engine.deliver.event import Kind
from engine.deliver.prometheus import GAUGES
from engine.deliver.signature import is_signed
from engine.monitor.delivery import NEEDS, Delivery
from engine.monitor.read import parse_monitor
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")


def test_the_example_is_a_monitor_with_every_kind_of_target():
    block = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[1]
    found = parse_monitor(f"monitor: m\nreference: {{path: a}}\nproduction: {{path: b}}\n{block}")
    assert {one.to for one in found.deliver} == set(NEEDS)


def test_every_field_gauge_and_kind_is_told():
    table = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("|")]
    named = set(re.findall(r"`(\w+)`", " ".join(table)))
    assert set(Delivery.model_fields) <= named and set(GAUGES) <= named
    assert {str(one) for one in Kind} <= {one.strip() for one in table}
    for field in ("when", "digest"):
        words = re.findall(r"'(\w+)'", str(Delivery.model_fields[field].annotation))
        assert words and all(f"`{word}`" in TEXT for word in words)


def test_the_recipe_in_a_shell_gives_the_same_signature():
    recipe = re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)[1]
    now = int(time.time())
    done = subprocess.run(
        ["sh", "-c", recipe], env={"t": str(now), "body": '{"a":"ü"}', "PLUMBLINE_SIGNING": "s e", "PATH": "/usr/bin"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    code = done.stdout.split()[-1]
    assert is_signed('{"a":"ü"}'.encode(), f"t={now},v1={code}", "s e", now)
