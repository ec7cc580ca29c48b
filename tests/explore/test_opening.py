"""Opening a monitor tells how far it is from the first byte that is brought on, and can be stopped there."""

import pytest

from engine.errors import Cancelled
from engine.explore.opened import open_monitor
from engine.monitor import Monitor
from engine.tables.away import elsewhere
from tests.tables.web_servers import served

ROWS = 20_000


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(elsewhere, "_brought", {})
    folder = tmp_path / "site"
    folder.mkdir()
    for i, name in enumerate(("reference", "production")):
        rows = (f"{n % 97 + i},{'abc'[n % 3]}" for n in range(ROWS))
        (folder / f"{name}.csv").write_text("x,c\n" + "\n".join(rows) + "\n")
    with served(folder) as found:
        yield found


def monitor(site):
    places = {name: {"path": f"{site.address}/{name}.csv"} for name in ("reference", "production")}
    return Monitor.model_validate({"monitor": "m", **places})


def test_bringing_copying_and_counting_are_told_in_order(site):
    told = []
    opened = open_monitor(monitor(site), progress=lambda share, said: told.append((share, said)))
    assert (opened.reference.rows, opened.production.rows) == (ROWS, ROWS)
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] == 1
    words = [said for _, said in told]
    assert any(said.startswith("loaded") for said in words[:3]), words[:3]
    assert all(share <= 0.25 for share, said in told if said.startswith("loaded"))
    assert any(0.25 <= share < 0.5 for share in shares), "copying is told"
    assert words.index("reading the files") > max(i for i, said in enumerate(words) if said.startswith("loaded"))


@pytest.mark.parametrize("at", [0.0, 0.25, 0.5])
def test_it_is_stopped_while_it_brings_copies_or_counts(site, at):
    def stop(share, said):
        if share >= at:
            raise Cancelled("Opening was stopped.", where="m")

    with pytest.raises(Cancelled, match="Opening was stopped"):
        open_monitor(monitor(site), progress=stop)
    if at == 0.0:
        assert [path for path, _, _ in site.asked] == ["/reference.csv"], "the other was not asked for"
    assert open_monitor(monitor(site)).production.rows == ROWS
