"""The deliver section: what each target needs, and secrets that do not belong into a file."""

import pytest

from engine.errors import InvalidMonitor
from engine.monitor.delivery import names_of
from engine.monitor.read import parse_monitor
from engine.monitor.write import to_yaml

HEAD = "monitor: m\nreference: {path: a}\nproduction: {path: b}\ndeliver:\n"


def read(*rows):
    return parse_monitor(HEAD + "".join(f"  - {{{row}}}\n" for row in rows))


GOOD = [
    'to: webhook, url: "https://example.com/hook?a=b", secret: "${SIGNING}"',
    'to: webhook, url: "http://127.0.0.1:8080"',
    'to: slack, url: "${SLACK}"',
    'to: teams, url: "${TEAMS}", when: warning, digest: weekly',
    'to: pagerduty, key: "${PAGER}"',
    "to: email, sender: a@example.com, recipients: [b@example.com, c.d+e@mail.example.com]",
    'to: email, server: "smtp://mail.example.com:587", sender: a@b.c, recipients: ["${ONCALL}"]',
    "to: prometheus, path: metrics/plumbline.prom",
]


def test_every_target_reads_and_writes(monkeypatch):
    for name in ("SLACK", "TEAMS", "PAGER", "SIGNING", "ONCALL"):
        monkeypatch.delenv(name, raising=False)
    found = read(*GOOD)
    assert parse_monitor(to_yaml(found)) == found
    assert names_of(found.deliver) == (
        "webhook", "webhook-2", "slack", "teams", "pagerduty", "email", "email-2", "prometheus",
    )  # fmt: skip
    assert [one.rhythm for one in found.deliver[:5]] == ["daily", "daily", "daily", "weekly", "none"]


def test_a_secret_does_not_reach_the_monitor_or_its_digest(monkeypatch):
    monkeypatch.setenv("SLACK", "https://hooks.slack.com/services/T/B/one")
    first = read(GOOD[2])
    monkeypatch.setenv("SLACK", "https://hooks.slack.com/services/T/B/two")
    assert read(GOOD[2]).digest == first.digest and "hooks" not in repr(first)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("to: webhook", "webhook needs url"),
        ("to: pigeon", "webhook"),
        ('to: webhook, url: "https://a:b@c.example/"', "without a password"),
        ('to: webhook, url: "ftp://a"', "https://host/path"),
        ('to: webhook, url: "https://a b"', "https://host/path"),
        ('to: webhook, url: "https://a\\r\\nX: y"', "https://host/path"),
        ('to: webhook, url: "https://a", secret: sesame', "write ${NAME}"),
        ('to: webhook, url: "https://a", path: x.prom', "webhook has no path"),
        ('to: slack, url: "https://hooks.slack.com/services/T/B/X"', "write ${NAME}"),
        ('to: teams, url: "https://x.example/workflows/1"', "write ${NAME}"),
        ("to: pagerduty, key: 0123456789abcdef0123456789abcdef", "write ${NAME}"),
        ('to: pagerduty, key: "${K}", digest: daily', "told at once"),
        ("to: email, sender: a@b.c", "email needs recipients"),
        ('to: email, sender: "a@b.c\\r\\nBcc: x@y.z", recipients: [d@e.f]', "ops@example.com"),
        ('to: email, sender: a@b.c, recipients: ["Ada <a@b.c>"]', "ops@example.com"),
        ("to: email, sender: a@b.c, recipients: []", "at least 1 item"),
        ('to: email, sender: a@b.c, recipients: [d@e.f], server: "smtp://ada:sesame@h"', "where it holds a password"),
        ("to: prometheus, path: /etc/passwd", ".prom"),
        ("to: prometheus", "prometheus needs path"),
        ('to: webhook, url: "https://a", when: sometimes', "'info', 'warning', 'critical'"),
        ('to: webhook, url: "https://a", wehn: info', "Did you mean 'when'?"),
        ('to: webhook, url: "https://a", name: "a b"', "pattern"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_no_secret(row, said):
    with pytest.raises(InvalidMonitor) as raised:
        read(GOOD[0], row)
    assert said in str(raised.value) and "sesame@" not in str(raised.value)
    assert {one.line for one in raised.value.problems} == {6}


def test_two_targets_have_two_names():
    with pytest.raises(InvalidMonitor, match="Two targets are called 'a'"):
        read('to: webhook, url: "https://a", name: a', 'to: webhook, url: "https://b", name: a')
