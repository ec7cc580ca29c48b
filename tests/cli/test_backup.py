"""The verb store: what it says of the store, backup and restore, and their mistakes."""

from engine.cli import main
from engine.store import append, head, open_store
from tests.cli.steps import canonical, shell


def test_a_store_is_told_saved_and_made_again(tmp_path):
    address = f"sqlite:///{tmp_path}/store.db"
    store = open_store(address)
    append(store, "alert", {"n": 1})
    last = head(store).hash

    def verb(*asked):
        done = shell(tmp_path, "store", *asked, text=True)
        assert "Traceback" not in done.stderr
        return done

    found = canonical(verb("--store", address, "--format", "json").stdout)
    assert (found["kind"], found["entries"], found["monitors"], found["head"]) == ("store", 1, 0, last)
    done = verb("backup", "saved.db", "--store", address, "--format", "json")
    assert done.returncode == 0 and canonical(done.stdout)["head"] == last
    done = verb("restore", "saved.db", "--store", f"sqlite:///{tmp_path}/again.db")
    assert done.returncode == 0 and last in done.stdout
    again = verb("backup", "saved.db", "--store", address)
    assert again.returncode == 2 and "there already" in again.stderr
    assert verb("restore", "none.db", "--store", f"sqlite:///{tmp_path}/other.db").returncode == 2
    assert not (tmp_path / "other.db").exists()
    refused = verb("restore", "saved.db", "--store", address)
    assert refused.returncode == 2 and "--replace" in refused.stderr
    assert verb("bakup", "x.db").returncode == 2
    store.engine.dispose()


def test_the_store_that_is_named_before_a_part_of_a_verb_is_the_one_that_is_meant(tmp_path, capsys, monkeypatch):
    """Else another store is checked, saved, or set aside."""
    monkeypatch.chdir(tmp_path)
    heads = {}
    for i, name in enumerate(("meant", "usual")):
        store = open_store(f"sqlite:///{name}.db")
        heads[name] = append(store, "alert", {"n": i}).hash
        store.engine.dispose()
    monkeypatch.setenv("PLUMBLINE_STORE", "sqlite:///usual.db")
    meant = ("--store", "sqlite:///meant.db", "--format", "json")
    for asked in (("ledger", *meant, "verify"), ("store", *meant, "backup", "saved.db")):
        assert main(asked) == 0 and canonical(capsys.readouterr().out)["head"] == heads["meant"], asked
    own = ("store", *meant, "restore", "saved.db", "--replace", "--store", "sqlite:///new.db")
    assert main(own) == 0 and canonical(capsys.readouterr().out)["kind"] == "restore"
    for name, head_of in (("new", "meant"), ("usual", "usual"), ("meant", "meant")):
        assert main(["ledger", "head", "--store", f"sqlite:///{name}.db"]) == 0
        assert capsys.readouterr().out.strip() == heads[head_of]
    assert len(list(tmp_path.glob("*.before-*"))) == 0
