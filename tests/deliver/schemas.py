"""What Slack, Microsoft Teams and PagerDuty publish about the messages they take, written as JSON Schemas by hand."""


def closed(properties, required):
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def text(most, **more):
    return {"type": "string", "minLength": 1, "maxLength": most, **more}


PLAIN_TEXT = closed(
    {"type": {"const": "plain_text"}, "text": text(3000), "emoji": {"type": "boolean"}}, ["type", "text"]
)
MRKDWN = closed(
    {"type": {"const": "mrkdwn"}, "text": text(3000), "verbatim": {"type": "boolean"}}, ["type", "text"]
)  # fmt: skip
HEADER = PLAIN_TEXT | {"properties": PLAIN_TEXT["properties"] | {"text": text(150)}}
SLACK = closed(
    {
        "text": text(40_000),
        "mrkdwn": {"type": "boolean"},
        "unfurl_links": {"type": "boolean"},
        "blocks": {
            "type": "array", "minItems": 1, "maxItems": 50,
            "items": {"oneOf": [
                closed({"type": {"const": "header"}, "text": HEADER}, ["type", "text"]),
                closed({"type": {"const": "section"}, "text": {"oneOf": [PLAIN_TEXT, MRKDWN]}}, ["type", "text"]),
                closed(
                    {"type": {"const": "context"},
                     "elements": {"type": "array", "minItems": 1, "maxItems": 10, "items": PLAIN_TEXT}},
                    ["type", "elements"],
                ),
            ]},
        },
    },
    ["text", "blocks"],
)  # fmt: skip

TEXT_RUN = closed(
    {
        "type": {"const": "TextRun"},
        "text": {"type": "string"},
        "weight": {"enum": ["Lighter", "Default", "Bolder"]},
        "size": {"enum": ["Small", "Default", "Medium", "Large", "ExtraLarge"]},
        "color": {"enum": ["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"]},
        "isSubtle": {"type": "boolean"},
    },
    ["type", "text"],
)
CARD = closed(
    {
        "$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"},
        "type": {"const": "AdaptiveCard"},
        "version": {"enum": ["1.2", "1.3", "1.4"]},
        "fallbackText": {"type": "string"},
        "msteams": closed({"width": {"const": "Full"}}, ["width"]),
        "body": {
            "type": "array", "minItems": 1,
            "items": closed(
                {"type": {"const": "RichTextBlock"}, "separator": {"type": "boolean"},
                 "inlines": {"type": "array", "minItems": 1, "items": TEXT_RUN}},
                ["type", "inlines"],
            ),
        },
        "actions": {
            "type": "array", "maxItems": 6,
            "items": closed(
                {"type": {"const": "Action.OpenUrl"}, "title": text(60), "url": text(2000, pattern="^https?://")},
                ["type", "url"],
            ),
        },
    },
    ["type", "version", "body"],
)  # fmt: skip
TEAMS = closed(
    {
        "type": {"const": "message"},
        "attachments": {
            "type": "array", "minItems": 1, "maxItems": 1,
            "items": closed(
                {"contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                 "contentUrl": {"type": "null"}, "content": CARD},
                ["contentType", "content"],
            ),
        },
    },
    ["type", "attachments"],
)  # fmt: skip

PAYLOAD = closed(
    {
        "summary": text(1024),
        "source": text(255),
        "severity": {"enum": ["critical", "error", "warning", "info"]},
        "timestamp": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
        "component": text(255),
        "group": text(255),
        "class": text(255),
        "custom_details": {"type": "object"},
    },
    ["summary", "source", "severity"],
)
PAGERDUTY = {
    **closed(
        {
            "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
            "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
            "dedup_key": text(255),
            "payload": PAYLOAD,
            "client": {"type": "string"},
            "client_url": {"type": "string", "pattern": "^https?://"},
            "links": {
                "type": "array",
                "items": closed({"href": {"type": "string"}, "text": {"type": "string"}}, ["href"]),
            },
        },
        ["routing_key", "event_action"],
    ),
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"]},
    "else": {"required": ["dedup_key"]},
}
