"""The manual of access says what the tables say."""

from engine.access import parse_access
from engine.access.deeds import as_table
from tests.conftest import ROOT

MANUAL = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")


def test_the_table_of_deeds_is_the_one_that_is_asked():
    told = MANUAL.split("<!-- deeds -->\n")[1].split("<!-- /deeds -->")[0]
    assert told == as_table(), f"docs/access.md, between the marks of deeds, should read:\n{as_table()}"


def test_the_file_of_the_manual_is_read_as_the_manual_says():
    made = parse_access(MANUAL.split("```yaml\n")[1].split("```")[0])
    assert made.roles["model-risk"] == ("analyst", "reviewer") and made.default == ("viewer",) and made.hours == 12
    assert made.whose("credit-cards").groups == ("credit",) and made.ask.startswith("Grace")
