"""Messages: each kind in the form that its receiver takes, and text from outside that stays text in all of them."""

import email
import email.policy
import json
from dataclasses import fields, replace
from html.parser import HTMLParser

import pytest
from jsonschema import Draft202012Validator

from engine.deliver.event import Decided, Event, Kind, Span, Told, Verdict
from engine.deliver.letters import letter
from engine.deliver.pagerduty import pagerduty
from engine.deliver.slack import slack
from engine.deliver.targets import MAKERS
from engine.deliver.teams import LARGEST, teams
from engine.deliver.words import headline, lines, since_of, what_of
from engine.errors import plain
from engine.monitor.delivery import NEEDS
from engine.policy.verdict import Action
from engine.record import Choice
from tests.conftest import ROOT
from tests.deliver.conftest import EVIL
from tests.deliver.schemas import PAGERDUTY, SLACK, TEAMS

EVENT_SCHEMA = json.loads((ROOT / "docs" / "event.schema.json").read_text(encoding="utf-8"))
KEY = "0123456789abcdef0123456789abcdef"


def event(said="PSI of seats is 0.32", n=3, kind=Kind.ALERT, **more):
    """An event of which every text is one text."""
    said = plain(said, 300)
    one = Told(plain(said, 160), "data_drift", said, "psi", "critical", "new", 0.32, 0.1, 0.25, "2013-09-02", said)
    base = Event(
        event_id="0" * 32, kind=kind, at="2026-04-21T12:00:00+00:00", monitor=plain(said), model=plain(said),
        version=said, owner=said, incident="1" * 32, severity="critical", what=f"new: {said}", where=said,
        how_bad=f"critical: {said}", since="since 2 September 2013", run="abc",
        window=Span("2013-09-02", "2013-09-09", "week of 2 September 2013"), findings=(one,) * n, total=n, open=n,
        verdict=Verdict("retrain", (said,)), link="https://p.example/column?monitor=a&column=x%3Cy%7C",
    )  # fmt: skip
    return replace(base, **more)


DECISION = event(kind=Kind.DECISION, decision=Decided("mute", EVIL, EVIL, "2026-04-21T12:00:00+00:00", "2026-05-01"))
OVER = event(kind=Kind.RECOVERED, open=0, severity="ok")
EVENTS = {
    "alert": event(),
    "evil": event(EVIL),
    "long": event("x" * 5000 + "ü" * 5000, n=50),
    "wide": event("𝒳" * 300, n=50),
    "nothing": event(
        kind=Kind.TEST, findings=(), total=0, how_bad="", since="", run=None, window=None, verdict=None, link=None
    ),
    "decision": DECISION,
    "over": OVER,
    "nameless": event("", n=1),
}  # fmt: skip
EACH = pytest.mark.parametrize("one", EVENTS.values(), ids=EVENTS)


def valid(document, schema):
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)


@EACH
def test_the_event_is_as_its_schema_says(one):
    valid(json.loads(one.to_json()), EVENT_SCHEMA)


def test_the_schema_knows_every_field_and_word():
    for shape, schema in (
        (Event, EVENT_SCHEMA),
        (Told, EVENT_SCHEMA["properties"]["findings"]["items"]),
        (Span, EVENT_SCHEMA["properties"]["window"]),
        (Verdict, EVENT_SCHEMA["properties"]["verdict"]),
        (Decided, EVENT_SCHEMA["properties"]["decision"]),
    ):
        names = {one.name for one in fields(shape)} | ({"schema_version"} if shape is Event else set())
        assert names == set(schema["properties"]) == set(schema["required"])
    known = EVENT_SCHEMA["properties"]
    assert set(known["kind"]["enum"]) == {str(one) for one in Kind}
    assert set(known["verdict"]["properties"]["action"]["enum"]) == {str(one) for one in Action}
    assert set(known["decision"]["properties"]["choice"]["enum"]) == {str(one) for one in Choice}


def test_json_has_no_word_for_what_is_no_number():
    one = event()
    with pytest.raises(ValueError):
        replace(one, findings=(replace(one.findings[0], value=float("nan")),)).to_json()


@EACH
def test_slack_takes_it(one):
    valid(slack(one), SLACK)


@EACH
def test_teams_takes_it(one):
    found = teams(one)
    valid(found, TEAMS)
    assert len(json.dumps(found, ensure_ascii=False).encode()) <= LARGEST


@EACH
def test_pagerduty_takes_it(one):
    if one.monitor == "":
        one = replace(one, monitor="m", model="m")
    valid(pagerduty(one, KEY), PAGERDUTY)


def test_each_says_what_where_how_bad_since_when_and_links_there():
    one = event()
    said = dict(lines(one))
    assert {"What", "Where", "How bad", "Since when", "Verdict"} <= set(said)
    mail = email.message_from_bytes(letter(one, "smtp://h", "a@b.c", ["d@e.f"]).content, policy=email.policy.default)
    plain_text = mail.get_body(("plain",)).get_content()
    for text in (json.dumps(slack(one)), json.dumps(teams(one)), json.dumps(pagerduty(one, KEY)), plain_text):
        for part in (one.what, one.where, one.how_bad, one.since, "retrain"):
            assert part in text
    assert one.link in json.dumps(teams(one)) and one.link in json.dumps(pagerduty(one, KEY))
    assert "https://p.example/column?monitor=a&amp;column=x%3Cy%7C|Open this view" in json.dumps(slack(one))
    assert one.link in plain_text.splitlines()
    told = pagerduty(one, KEY)["payload"]["custom_details"]["findings"]
    assert len(told) == 3 and all("PSI of seats is 0.32" in row for row in told)


def test_pagerduty_opens_worsens_and_resolves_one_incident():
    opened, over = pagerduty(event(), KEY), pagerduty(OVER, KEY)
    assert (opened["event_action"], over["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == over["dedup_key"] == "1" * 32
    still = pagerduty(replace(OVER, open=2, severity="warning"), KEY)
    assert (still["event_action"], still["payload"]["severity"]) == ("trigger", "warning"), "the rest is open"
    for kind in (Kind.ALERT, Kind.DIGEST):
        assert pagerduty(event(kind=kind, open=0), KEY)["event_action"] == "resolve", "nothing would ever close it"


def test_in_slack_text_from_outside_is_no_markup():
    found = slack(event(EVIL))
    marked = [block["text"] for block in found["blocks"] if block.get("text", {}).get("type") == "mrkdwn"]
    assert [one["text"] for one in marked] == [
        "<https://p.example/column?monitor=a&amp;column=x%3Cy%7C|Open this view>"
    ]
    assert "<" not in found["text"] and ">" not in found["text"]
    ugly = slack(event(link="https://p.example/?a=<b>|c&d"))
    assert "<https://p.example/?a=%3Cb%3E%7Cc&amp;d|Open this view>" in json.dumps(ugly)


def test_in_teams_text_from_outside_is_no_markdown():
    card = teams(event(EVIL))["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}


class Tags(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.links, self.text = set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("evil", [EVIL, "a\r\nBcc: x@y.z\r\n\r\n<b>", "\0\x1b[31m", "=?utf-8?q?Bcc=3A?=", "\ud800"])
def test_in_mail_text_from_outside_is_neither_header_nor_html(evil):
    made = letter(event(evil), "smtp://h", "from@b.c", ["to@e.f", "two@e.f"])
    message = email.message_from_bytes(made.content, policy=email.policy.default)
    assert set(message.keys()) == {
        "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "References", "X-Plumbline-Event",
        "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert message["To"] == "to@e.f, two@e.f" and message["Message-ID"] == f"<{'0' * 32}@plumbline>"
    page = Tags()
    page.feed(message.get_body(("html",)).get_content())
    assert page.tags <= {"html", "body", "h2", "table", "tr", "th", "td", "p", "a"}
    assert page.links == ["https://p.example/column?monitor=a&column=x%3Cy%7C"]
    assert plain(evil, 300)[:8].strip() in page.text
    assert headline(event(evil))[:20] in message.get_body(("plain",)).get_content()
    assert max(len(line) for line in made.content.split(b"\r\n")) <= 998


def test_no_line_of_a_message_holds_a_break():
    for one in EVENTS.values():
        assert all(text.isprintable() and label.isprintable() for label, text in lines(one))
        assert headline(one).isprintable()


def test_every_kind_of_target_has_its_maker():
    assert set(MAKERS) | {"prometheus"} == set(NEEDS)


def test_the_headline_says_recovered_only_when_nothing_is_open():
    assert headline(OVER).startswith("● RECOVERED")
    still = replace(OVER, open=1, severity="critical")
    assert headline(still).startswith("■ CRITICAL")
    gone = replace(still.findings[0], name="a.psi", state="recovered")
    assert what_of([gone], 2) == "recovered: a.psi; 2 findings still open"


def test_a_rule_is_called_by_what_it_says():
    rule = replace(event().findings[0], name="rule 1", signal="policy", sentence="Predictions are far worse.")
    assert what_of([rule], 1) == "new: Predictions are far worse"


def test_since_when_is_that_of_the_worst_and_of_the_oldest():
    worst = event().findings[0]
    old = replace(worst, state="persisting", since="2013-04-08T00:00:00")
    assert since_of([worst]) == "since 2 September 2013"
    assert since_of([worst, old]) == "since 2 September 2013; the oldest that is open since 8 April 2013"
    assert since_of([replace(worst, state="recovered")]) == ""
