"""Who the claims of a token say is there: roles from claims and from the file, refusals, names, hidden monitors."""

import pytest

from engine.access import DEEDS, LOCAL, ROLES, Visitor, parse_access, require, visitor_of
from engine.errors import Forbidden, UnknownName

NOW = 1_800_000_000.0
RULES = parse_access(
    """
claims: {roles: realm.roles, groups: groups}
roles: {bosses: admin, risk: [analyst, reviewer]}
people: {ada@example.com: reviewer}
monitors: {"credit-*": {groups: credit, people: eve@example.com}, "hr-*": {roles: reviewer}}
ask: Grace
hours: 2
"""
)


def claims(**more):
    return {"iss": "https://id.example.com", "sub": "7", "iat": NOW - 60, **more}


def roles(access=RULES, **more):
    return set(visitor_of(claims(**more), access, NOW).roles)


def test_roles_come_from_claims_and_from_the_file_together():
    assert roles(realm={"roles": ["risk", "unknown"]}) == {"analyst", "reviewer"}
    assert roles(realm={"roles": "bosses"}) == {"admin"}
    assert roles(email="ADA@example.com", realm={"roles": ["bosses"]}) == {"reviewer", "admin"}
    assert roles(parse_access("default: viewer")) == {"viewer"}
    named = parse_access("claims: {roles: 'https://x/roles'}\nroles: {a: admin}")
    assert roles(named, **{"https://x/roles": ["a"]}) == {"admin"}


@pytest.mark.parametrize(
    "more",
    [
        {}, {"realm": {"roles": {"bosses": True}}}, {"realm": ["bosses"]}, {"realm": {"roles": [["bosses"]]}},
        {"realm": {"roles": "risk bosses"}}, {"realm.roles.x": "bosses"}, {"roles": ["admin"]},
        {"email": "x@example.com"}, {"email": ["ada@example.com"]},
        *({"email": "ada@example.com", "email_verified": one} for one in (False, "false", "no", None, 0, [True])),
        {"preferred_username": "ada@example.com"}, {"name": "ada@example.com"},
    ],
)  # fmt: skip
def test_whatever_else_a_token_says_gives_no_role(more):
    found = visitor_of(claims(**more), RULES, NOW)
    assert not found.roles and "has no role here" in found.refused
    assert not any(found.may(deed) for deed in DEEDS) and not found.sees("anything")


@pytest.mark.parametrize("iat", [None, "now", NOW - 7201, NOW + 301, True, float("nan")])
def test_a_sign_in_that_is_over_or_does_not_say_when_it_was_gives_no_role(iat):
    found = visitor_of(claims(email="ada@example.com", iat=iat), RULES, NOW)
    assert not found.roles and "lasts 2 hours" in found.refused
    assert roles(email="ada@example.com", iat=NOW - 7199) == {"reviewer"}


def test_without_a_file_nobody_who_signs_in_has_a_role():
    found = visitor_of(claims(email="ada@example.com"), None, NOW)
    assert not found.roles and "no file says" in found.refused and not found.sees("flights")


def test_who_sits_at_the_machine_may_do_all():
    assert all(LOCAL.may(deed, "any") for deed in DEEDS) and LOCAL.sees_all


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("deed", DEEDS)
def test_each_role_may_what_the_table_says_and_nothing_else(role, deed):
    visitor = Visitor("Ada", roles=frozenset({role}), signed_in=True, access=RULES)
    assert visitor.may(deed) == (role in DEEDS[deed].roles)
    if role in DEEDS[deed].roles:
        require(visitor, deed)
    else:
        with pytest.raises(Forbidden, match=f"yours is {role}. Ask Grace"):
            require(visitor, deed)


def test_what_is_refused_stands_in_the_log_and_what_is_done_does_not(caplog):
    viewer = visitor_of(claims(realm={"roles": ["risk"]}), RULES, NOW)
    require(viewer, "decide", "flights")
    with pytest.raises(Forbidden):
        require(viewer, "edit")
    with pytest.raises(UnknownName):
        require(viewer, "look", "credit-1")
    told = [(one.getMessage(), one.levelname, one.facts) for one in caplog.records]
    assert told == [
        ("refused", "WARNING", {"where": "edit"}), ("refused", "WARNING", {"where": "look", "monitor": "credit-1"}),
    ]  # fmt: skip


def test_roles_add_up():
    both = Visitor(roles=frozenset({"analyst", "reviewer"}), signed_in=True, access=RULES)
    assert both.may("upload") and both.may("sign") and not both.may("edit")


@pytest.mark.parametrize(
    ("more", "sees"),
    [
        ({"realm": {"roles": ["risk"]}}, {"flights", "hr-1"}),
        ({"realm": {"roles": ["risk"]}, "groups": ["credit"]}, {"flights", "hr-1", "credit-1"}),
        ({"realm": {"roles": ["bosses"]}}, {"flights", "hr-1", "credit-1"}),
        ({"groups": ["credit"]}, set()),
    ],
)
def test_hidden_monitors_are_seen_by_whom_the_file_says(more, sees):
    found = visitor_of(claims(**more), RULES, NOW)
    assert {one for one in ("flights", "hr-1", "credit-1") if found.sees(one)} == sees


def test_a_hidden_monitor_and_one_that_is_not_there_are_told_in_the_same_words():
    visitor = visitor_of(claims(realm={"roles": ["risk"]}), RULES, NOW)
    known, said = ["credit-1", "credit-flights", "flights"], []
    for name, there in (("credit-1", known), ("credit-1", known[2:])):
        with pytest.raises(UnknownName) as error:
            require(visitor, "look", name, there)
        said.append(str(error.value))
    assert said[0] == said[1] and "credit-flights" not in said[0]


@pytest.mark.parametrize("verified", [True, "true", "True"])
def test_an_address_that_was_verified_counts_however_its_provider_writes_it(verified):
    assert roles(email="ada@example.com", email_verified=verified) == {"reviewer"}


@pytest.mark.parametrize("name", ["Ada", None])
@pytest.mark.parametrize(
    "chosen", ["Ada <ada@example.com>", "ada@example.com", "ada@example.com <ada@example.com>",
               "Ada <ada@example.com> (signed in via id.example.com)", "Ada ＜ada@example.com＞"]
)  # fmt: skip
def test_no_name_that_somebody_chose_signs_as_somebody_else(name, chosen):
    real = visitor_of(claims(email="ada@example.com", **({"name": name} if name else {})), RULES, NOW).signature()
    for email in ({}, {"email": "ada@example.com", "email_verified": False}, {"email": "eve@example.com"}):
        forged = visitor_of(claims(name=chosen, **email), RULES, NOW).signature()
        assert "<ada@example.com>" in real and "<ada@example.com>" not in forged and "＜" not in forged
        assert forged.count("(") == 1, "one that signs in is told to be so once"


def test_names_say_who_vouches_for_them():
    ada = visitor_of(claims(name="Ada\n Lovelace", email="ada@example.com"), RULES, NOW)
    assert ada.signature("Eve") == "Ada\\n Lovelace <ada@example.com> (signed in via id.example.com)"
    assert visitor_of(claims(), RULES, NOW).name == "7"
    forged = LOCAL.signature("Ada (signed in via id.example.com)")
    assert forged.endswith("(as typed)") and LOCAL.signature("  ") == ""
