"""The verb store: what it says of the store, backup and restore, and their mistakes."""

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
