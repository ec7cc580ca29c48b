"""Messages, gauges and log lines full of harm: read back as their receivers read them, each text is itself."""

import email
import email.policy
import io
import json
import logging
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.deliver.event import Decided, Event, Kind, Span, Told, Verdict, event_of, identity
from engine.deliver.letters import letter
from engine.deliver.links import link_of
from engine.deliver.pagerduty import pagerduty
from engine.deliver.prometheus import escaped, exposition
from engine.deliver.slack import slack
from engine.deliver.teams import LARGEST, teams
from engine.deliver.words import headline, how_bad_of, lines, what_of, where_of
from engine.logs import LOGGER, Lines, Words, tell
from tests.hostile.texts import STORABLE, TEXTS, WORD

ALL = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
KEPT = pytest.mark.parametrize("text", STORABLE.values(), ids=STORABLE)
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"')
HEADERS = {"Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "References", "X-Plumbline-Event",
           "MIME-Version", "Content-Type"}  # fmt: skip


def event(text):
    """An event in which every text is one text, put together as the queue does."""
    told = Told(f"{text}.psi", "data_drift", text, "psi", "critical", "new", 0.3, 0.1, 0.25, text, f"PSI of {text}.")
    link = link_of(text, None, text, cohort=text, told=[told])
    return Event(
        event_id=identity(text), kind=Kind.DECISION, at="2026-04-21T12:00:00+00:00", monitor=text, model=text,
        version=text, owner=text, incident=identity("x", text), severity="critical", what=what_of([told], 1),
        where=where_of(text, "week of 2 September", text, "reference"), how_bad=how_bad_of([told], "critical"),
        since=text, run="abc", window=Span("2013-09-02", "2013-09-09", text), cohort=text, findings=(told,) * 3,
        total=3, open=3,
        verdict=Verdict("retrain", (text,)), decision=Decided("accept", text, text, "2026-04-21", None, (text,)),
        link=link,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def dashboard(monkeypatch):
    monkeypatch.setenv("PLUMBLINE_URL", "https://p.example")


@KEPT
def test_a_webhook_says_it_as_json(text):
    one = event(text)
    body = one.to_json().encode()
    again = json.loads(body)
    assert again["monitor"] == again["decision"]["reason"] == again["findings"][0]["column"] == text
    assert event_of(again) == one
    if one.link == "https://p.example/":
        assert len(text) > 200, "what is too long for a link leads to the dashboard"
        return
    asked = parse_qs(urlsplit(one.link).query, keep_blank_values=True, strict_parsing=True)
    assert asked["monitor"] == asked["column"] == [text] and asked.get("filter", [""]) == [text]
    assert b"\n" not in body and WORD.encode() not in body


@KEPT
def test_chats_draw_it_as_it_is(text):
    one = event(text)
    for found in (slack(one), teams(one), pagerduty(one, "k")):
        again = json.loads(json.dumps(found, ensure_ascii=False).encode())
        assert again == found and WORD not in json.dumps(again)
    blocks = slack(one)["blocks"]
    marked = [block["text"]["text"] for block in blocks if block.get("text", {}).get("type") == "mrkdwn"]
    assert all(re.fullmatch(r"<https://p\.example/[^<>|]*\|Open this view>", said) for said in marked)
    assert not re.search(r"<[!@#h]", slack(one)["text"])
    kinds = {part["type"] for part in teams(one)["attachments"][0]["content"]["body"]}
    assert kinds == {"RichTextBlock"} and len(json.dumps(teams(one), ensure_ascii=False).encode()) <= LARGEST


@KEPT
def test_a_letter_has_its_own_headers_and_says_it_twice(text):
    one = event(text)
    made = letter(one, "smtp://h", "a@b.c", ["d@e.f"]).content
    read = email.message_from_bytes(made, policy=email.policy.default)
    assert set(read.keys()) == HEADERS and not read.defects
    assert read["To"] == "d@e.f" and "\n" not in str(read["Subject"])
    plain, page = (read.get_body((form,)).get_content() for form in ("plain", "html"))
    for label, said in lines(one, 10):
        assert f"{label}: {said}" in plain.replace("\r\n", "\n")
    assert set(re.findall(r"<(\w+)", page)) <= set("html body h2 table tr th td p a".split())
    assert not re.search(r"<[^>]*\son\w+=", page) and WORD not in plain + page


@ALL
def test_a_headline_is_one_line(text):
    one = event(text)
    for said in (headline(one), *(said for row in lines(one) for said in row)):
        assert len(said) <= 1100 and said.isprintable()


@KEPT
def test_a_gauge_keeps_its_line_and_its_labels(text):
    made = exposition([("plumbline_monitor_info", {"monitor": text, "model": text, "version": text}, 1.0)])
    comment, kind, line, end = made.split("\n")
    assert comment.startswith("# HELP ") and kind.startswith("# TYPE ") and end == ""
    inner = re.fullmatch(r"plumbline_monitor_info\{(.*)\} 1", line)[1]
    labels = LABEL.findall(inner)
    assert ",".join(f'{name}="{value}"' for name, value in labels) == inner
    for _, value in labels:
        again = re.sub(r"\\(.)", lambda one: {"n": "\n"}.get(one[1], one[1]), value)
        assert value == escaped(text) and len(again) == len(text)
        assert all(a == b or a == "\N{REPLACEMENT CHARACTER}" for a, b in zip(again, text, strict=True))


@ALL
@pytest.mark.parametrize("form", [Lines(None, True), Words()], ids=["json", "words"])
def test_a_line_of_the_log_is_one_line(text, form, monkeypatch):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(form)
    monkeypatch.setattr(LOGGER, "handlers", [handler])
    monkeypatch.setattr(LOGGER, "propagate", False)
    LOGGER.setLevel("INFO")
    tell("delivered", monitor=text, target=text, where=text, run="abc")
    try:
        raise ValueError(text)
    except ValueError as error:
        tell("failed", "error", error=error, monitor=text)
    first, *rest = stream.getvalue().split("\n")[:-1]
    if isinstance(form, Lines):
        assert json.loads(first).get("monitor", "") == text
        (second,) = rest
        assert json.loads(second)["error"] == "ValueError"
    assert "delivered" in first and WORD not in stream.getvalue()
    assert all(one.isprintable() for line in [first, *rest] for one in line if not isinstance(form, Lines))
