"""A candidate's limits as lines of the monitor file: comments and everything else stay as they were."""

from pathlib import Path

import pytest

from engine.errors import InvalidMonitor, PlumblineError
from engine.monitor.edit import changed, diff, edited
from engine.monitor.read import parse_monitor

DEMO = (Path(__file__).resolve().parents[2] / "data" / "monitors" / "flights.yaml").read_text(encoding="utf-8")
HEAD = "monitor: m\nreference: {path: a}\nproduction: {path: b}\n"


def test_the_demos_file_changes_in_the_lines_concerned_alone():
    made = edited(DEMO, {"temp_f.psi": (9, 18), "wasserstein": (0.2, 0.5)}, persist="3 of 4", false_alarms=0.01)
    before, after = DEMO.splitlines(), made.splitlines()
    assert [line for line in before if line not in after] == [
        "  temp_f.psi: {warning: 0.5, critical: 1.0}   # seasons move it: only more than that is news",
        "  false_alarms: 0.05",
        next(line for line in before if line.startswith("  persist: 2 of 3")),
    ]
    new = [line for line in after if line not in before]
    assert new[0] == "  temp_f.psi: {warning: 9, critical: 18}   # seasons move it: only more than that is news"
    assert new[1] == "  wasserstein: {warning: 0.2, critical: 0.5}" and new[2] == "  false_alarms: 0.01"
    assert new[3].startswith("  persist: 3 of 4  ") and "#" in new[3]
    assert after.index(new[1]) == after.index(new[0]) + 1, "a new limit stands after the last, not after the comments"
    assert made.count("#") == DEMO.count("#")
    found = parse_monitor(made)
    assert found.policy.held == (3, 4) and found.plan.thresholds["wasserstein"][1].amount == 0.5


def test_the_difference_is_a_patch():
    lines = diff(DEMO, edited(DEMO, {"psi": (0.2, 0.5)}), "flights.yaml").splitlines()
    assert lines[:2] == ["--- a/flights.yaml", "+++ b/flights.yaml"]
    assert [line for line in lines[2:] if line[0] in "+-"] == [
        "-  psi: {warning: 0.1, critical: 0.25}", "+  psi: {warning: 0.2, critical: 0.5}",
    ]  # fmt: skip
    assert diff(DEMO, DEMO) == ""


WRITTEN = {
    "no section": "",
    "braces": "thresholds: {}  # none\npolicy: {persist: 1 of 1}  # now\n",
    "braces with one": "thresholds: {psi: {warning: 0.1, critical: 0.2}}\n",
    "blocks": "thresholds:\n    psi:  # wide\n        warning: 0.1  # w\n        critical: 0.2\n    # end\nowner: me\n",
    "no end of line": "thresholds:\n  js: {warning: 0.1, critical: 0.2}",
    "over lines": "thresholds:\n  psi: {\n    warning: 0.1,\n    critical: 0.2 }\n# after\n",
    "quoted": 'thresholds:\n  "psi": {warning: "5 %", critical: \'+0.2\'}\n',
    "windows": "thresholds:\r\n  psi: {warning: 0.1, critical: 0.2}  # c\r\nowner: me\r\n",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_way_of_writing_is_changed_to_what_was_asked(name):
    text = HEAD + WRITTEN[name]
    limits = {"psi": (0.3, 0.6), "*_f.ks": (0.2, 0.4), "x y.null_rate": ("+0.05", "+0.2"), "log_loss": ("3 %", "8 %")}
    made = edited(text, limits, persist="2 of 4", false_alarms=0.02)
    found, before = parse_monitor(made), parse_monitor(text)
    assert {k: (v.warning, v.critical) for k, v in found.thresholds.items()} == limits | {
        k: (v.warning, v.critical) for k, v in before.thresholds.items() if k not in limits
    }
    assert (found.policy.persist, found.policy.false_alarms, found.owner) == ("2 of 4", 0.02, before.owner)
    assert made.count("#") == text.count("#")


def test_limits_that_several_patterns_share_are_not_changed_behind_ones_back():
    text = HEAD + "thresholds:\n  psi: &l {warning: 0.1, critical: 0.2}\n  js: *l\n"
    with pytest.raises(PlumblineError, match="written in a way"):
        edited(text, {"psi": (0.3, 0.6)})


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"pis": (0.1, 0.2)}, "Did you mean 'psi'"),
        ({"psi": (0.5, 0.2)}, "wrong way"),
        ({"psi": ("x", 1)}, "no threshold"),
    ],
)
def test_a_candidate_that_is_no_monitor_is_told(limits, said):
    with pytest.raises(InvalidMonitor, match=said):
        changed(parse_monitor(DEMO), limits)
    with pytest.raises(InvalidMonitor):
        edited(DEMO, limits)


def test_variables_stay_variables(monkeypatch):
    monkeypatch.setenv("PL_OWNER", "somebody")
    text = HEAD + 'owner: "${PL_OWNER}"\n'
    assert '"${PL_OWNER}"' in edited(text, {"psi": (0.3, 0.6)})
    assert changed(parse_monitor(text), {"psi": (0.3, 0.6)}).as_written()["owner"] == "${PL_OWNER}"
