"""The first page: who, what, when, the verdict, by which rules, on what data, and whether it can be relied on."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from engine.evidence.blocks import (
    Block,
    Cell,
    badge,
    bullets,
    count,
    facts,
    heading,
    instant,
    limits,
    mono,
    notice,
    number,
    plural,
    soft,
    strong,
    table,
)  # fmt: skip
from engine.evidence.canonical import told
from engine.evidence.findings_of import CALLS, name_of_metric, of_signal, short_name, worst
from engine.evidence.glyphs import shortened

FIVE = 5
REASONS = 4  # reasons for what was not computed, on the first page
NOTES = 4  # notes of the run there
ABOUT = ("labels:", "attributions:")  # what notes begin with that are no names
NOT_SIGNED = "NOT SIGNED"


def cover(snapshot: Mapping[str, Any], digest: str) -> list[Block]:
    """The blocks of the first page. digest: of the evidence, 64 hexadecimal digits."""
    return [
        verdict(snapshot),
        who(snapshot),
        heading("Data"),
        _data(snapshot["run"]),
        heading("Worst five"),
        _worst(snapshot["run"]),
        *_right(snapshot),
        heading("Thresholds in force"),
        _rules(snapshot["run"]),
        heading("What was not checked, and why"),
        _unchecked(snapshot["run"]),
        *_notes(snapshot["run"]),
        heading("Decision and sign-off"),
        _decided(snapshot),
        facts([("Digest of the evidence (SHA-256)", mono(digest))]),
    ]


def title_of(snapshot: Mapping[str, Any]) -> tuple[str, str]:
    """What the evidence is of: the monitor, or the two datasets; then the slice."""
    run = snapshot["run"]
    name = run["monitor"] or f"{run['production']['name']} against {run['reference']['name']}"
    return shortened(name), shortened(run["slice"]["words"], 300)


def stamps(snapshot: Mapping[str, Any]) -> list[str]:
    """What must not be overlooked: demo data, and that nobody signed."""
    return [*(["DEMO DATA"] if snapshot["demo"] else []), *([] if snapshot["sign_offs"] else [NOT_SIGNED])]


def verdict(snapshot: Mapping[str, Any]) -> Block:
    """The band: the most urgent severity, in words, with counts."""
    run = snapshot["run"]
    counts = run["counts"]
    judged = sum(n for name, n in counts.items() if name not in ("not_judged", "not_computed"))
    columns = len({one["column"] for one in run["findings"] if one["severity"] in CALLS and one["column"]})
    if not judged:
        return notice("NOTHING COULD BE JUDGED", "No question could be asked of these data.", "not_enough_data")
    found = [
        f"{plural(counts['critical'], 'critical finding')}, {plural(counts['warning'], 'warning')}",
        f"in {plural(columns, 'column')}" if columns else "",
    ]
    rest = (
        f"; {counts['ok']:,} of {plural(judged, 'judged reading')} are within their thresholds, {counts['info']:,} are "
        f"for information, {counts['not_enough_data']:,} had too few rows. {plural(counts['not_judged'], 'reading')} "
        f"{'was' if counts['not_judged'] == 1 else 'were'} computed without being judged; "
        f"{plural(counts['not_computed'], 'question')} could not be answered."
    )
    asked = snapshot["verdict"]
    action, reasons = (f"By the policy: {asked['action']}.", " ".join(asked.get("reasons", ()))) if asked else ("", "")
    title = {"ok": "OK", "info": "OK, WITH INFORMATION", "not_enough_data": "NOT ENOUGH DATA"}.get(run["severity"])
    said = " ".join(filter(None, found)) + rest
    return notice(title or str(run["severity"]).upper(), said, run["severity"], action, reasons)


def who(snapshot: Mapping[str, Any]) -> Block:
    """Which model, run, window and cohort; who asked, and when."""
    run, monitor = snapshot["run"], snapshot["run"]["definition"] or {}
    window = run["slice"]["window"]
    model = " ".join(filter(None, (told(monitor, "model", "name"), told(monitor, "model", "version"))))
    cohort = _cohort(run)
    rows: list[tuple[str, Cell]] = [
        ("Monitor", run["monitor"] or "none: two datasets compared"),
        ("Run", mono(run["id"])),
        ("Model and version", model or "not recorded"),
        ("Window", f"{window['start'][:16]} to {window['end'][:16]}".replace("T", " ") if window else "all time"),
        (
            "Task, tier",
            ", ".join(filter(None, (told(monitor, "model", "task"), told(monitor, "model", "tier")))) or "–",
        ),
        ("Cohort", cohort),
        ("Environment", snapshot["options"]["environment"] or "not recorded"),
        ("Held against", _against(run)),
        ("Owner", told(monitor, "owner", otherwise="not recorded")),
        ("Computed, trigger", f"{instant(run['at'])}, {snapshot['trigger'] or 'not recorded'}"),
        ("Requested by", snapshot["requested_by"]),
        ("Generated", instant(snapshot["generated_at"])),
    ]
    return facts(rows, columns=2)


def _cohort(run: Mapping[str, Any]) -> str:
    words = str(run["slice"]["words"])
    return (words.split(", ", 1)[-1] if run["slice"]["window"] else words) if run["slice"]["cohort"] else "all rows"


def _against(run: Mapping[str, Any]) -> str:
    against = run["against"]
    side = "the reference" if against["side"] == "reference" else "production"
    return f"{side}, {against['words']}"


def _data(run: Mapping[str, Any]) -> Block:
    rows: list[list[Cell]] = []
    for side in ("reference", "production"):
        one = run[side]
        held = max((row[side]["rows"] for row in run["quality"]), default=None)
        rows.append(
            [
                side.capitalize(),
                strong(one["name"]),
                count(one["rows"]),
                count(held),
                count(one["columns"]),
                mono(one["sha256"]),
            ]
        )
    head = ("Side", "Source", "Rows", "In the slice", "Columns", "SHA-256 of the content")
    return table(head, rows, "llrrrl", ("auto", "1fr", "auto", "auto", "auto", "auto"), small=True)


def _worst(run: Mapping[str, Any]) -> Block:
    judged = [one for one in worst(run["findings"]) if one["threshold"] and one["severity"] != "not_judged"]
    called = [one for one in judged if one["severity"] in CALLS]
    rows: list[list[Cell]] = [
        [
            strong(one["column"] or "predictions" if one["signal"] == "model_performance" else one["column"] or "rows"),
            name_of_metric(one["metric"]),
            number(one["value"]),
            *limits(one),
            number(one["floor"]),
            badge(one["severity"]),
        ]
        for one in (called or judged)[:FIVE]
    ]
    head = ("Column", "Metric", "Value", "Warning", "Critical", "Noise floor", "Severity")
    return table(head, rows, "llrrrrl", ("2fr", "2fr", *["auto"] * 5), empty="Nothing was judged.")


def _right(snapshot: Mapping[str, Any]) -> list[Block]:
    """Whether predictions were right, and what changed since the run before."""
    run, before = snapshot["run"], snapshot["previous"]
    judged = [one for one in of_signal(run["findings"], "model_performance") if one["severity"] != "not_judged"]
    why = next((one["because"] for one in run["not_computed"] if one["signal"] == "model_performance"), None)
    said = " ".join(one["sentence"] for one in judged[:3])
    steps = Counter(one["change"] for one in before["changes"]) if before else {}
    changed = ", ".join(f"{n} {step}" for step, n in steps.items()) or "nothing was or is at warning or critical"
    rows: list[tuple[str, Cell]] = [
        ("Performance", said or (f"Not computed: {why}." if why else "No labels were read.")),
        ("Since the run before", f"{changed} (run {before['run']}, {before['words']})" if before else "none was named"),
    ]
    return [heading("Does it matter, and is it new?"), facts(rows)]


def rules(run: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """The thresholds in force: what they are of, warning, critical, and where they come from.

    Overrides of the monitor file come first, then what applied as each metric's own default.
    """
    from engine.metrics import METRICS

    written = (run["definition"] or {}).get("thresholds") or {}
    found = [(p, str(w["warning"]), str(w["critical"]), "monitor file") for p, w in written.items()]
    whole = {pattern for pattern in written if "." not in pattern}
    used = Counter(one["metric"] for one in run["findings"] if one["threshold"] and one["severity"] != "not_judged")
    for key in sorted(used):
        if key in whole:
            continue
        if key in METRICS and not METRICS[key].relative:
            found.append((key, f"{METRICS[key].warning:g}", f"{METRICS[key].critical:g}", "default"))
        elif key in METRICS:
            said = METRICS[key].limits.removeprefix("warning at ").split(", critical at ")
            found.append((key, said[0].replace("the reference's own value", "reference"), said[1], "default"))
        else:
            levels = {limits(one) for one in run["findings"] if one["metric"] == key and one["threshold"]}
            found += [(key, warning, critical, "default") for warning, critical in sorted(levels)]
    return found


def _rules(run: Mapping[str, Any]) -> Block:
    known = rules(run)
    first = ", ".join(
        f"{_named(name)} {warning} / {critical}" for name, warning, critical, why in known if why == "default"
    )
    over = ", ".join(
        f"{_named(name)} {warning} / {critical}" for name, warning, critical, why in known if why != "default"
    )
    digest = run["monitor_digest"]
    rows: list[tuple[str, Cell]] = [
        ("Rules (SHA-256)", mono(digest) if digest else "no monitor file: the defaults of every metric"),
        ("From the monitor file", over or "nothing was set"),
        ("Defaults", first or "–"),
    ]
    return facts(rows)


def _named(pattern: str) -> str:
    column, _, key = pattern.rpartition(".")
    return f"{column} {short_name(key)}" if column else short_name(key)


def gaps(run: Mapping[str, Any]) -> list[tuple[str, int, list[str]]]:
    """What was not computed, by reason: the reason, how many questions, and of which columns."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in run["not_computed"]:
        found.setdefault(one["because"], []).append(one)
    listed = [
        (because, len(rows), sorted({one["column"] or name_of_metric(one["metric"]) for one in rows}))
        for because, rows in found.items()
    ]
    return sorted(listed, key=lambda one: (-one[1], one[0]))


def _unchecked(run: Mapping[str, Any]) -> Block:
    rows = [
        (f"{plural(n, 'question')} of {', '.join(names[:4])}{' …' if len(names) > 4 else ''}", because)
        for because, n, names in gaps(run)
    ]
    few = run["counts"]["not_enough_data"]
    if few:
        rows.insert(
            0, (plural(few, "reading"), "too few rows to be judged; each says how many are needed, where that is known")
        )
    if run["labels"] is None:
        rows.append(("Performance", "no labels were read, so nothing here says whether predictions were right"))
    more = len(rows) - REASONS
    shown: list[list[Cell]] = [[soft(name), because] for name, because in rows[:REASONS]]
    if more > 0:
        shown.append([soft("…"), f"{plural(more, 'more reason')}: see Not computed"])
    return table(("What", "Why"), shown, "ll", ("2fr", "3fr"), empty="Everything that was asked was computed.")


def _notes(run: Mapping[str, Any]) -> list[Block]:
    """How far the verdict can be relied on, as the run says it."""
    said = notes(run)[:NOTES]
    more = len(run["notes"]) - len(said)
    said = [*said, *([f"{plural(more, 'more note')}: see Not computed."] if more else [])]
    return [heading("How far it can be relied on"), bullets(said)] if said else []


def notes(run: Mapping[str, Any]) -> list[str]:
    """What the run itself notes, as sentences."""
    return [one[:1].upper() + one[1:] if one.startswith(ABOUT) else one for one in run["notes"]]


def _decided(snapshot: Mapping[str, Any]) -> Block:
    decided, signed = snapshot["decisions"], snapshot["sign_offs"]
    last = decided[-1] if decided else None
    said = f"{last['choice']}, by {last['by']} on {instant(last['at'])}: {last['reason']}" if last else "none recorded"
    names = "; ".join(f"{one['name']}, {one['role']}, {one['decision']}" for one in signed)
    rows: list[tuple[str, Cell]] = [
        ("Decision", said + (f" ({len(decided) - 1} earlier)" if len(decided) > 1 else "")),
        ("Sign-off", names or {"strong": NOT_SIGNED}),
    ]
    if snapshot["demo"]:
        rows.append(("Data", {"strong": "DEMO DATA: the flights that are shipped with Plumbline, no model in use"}))
    return facts(rows)
