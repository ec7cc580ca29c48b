"""Export and verify from the command line: what is written, what is answered, and with which exit code."""

import json
import os
import subprocess
import sys

import pytest
from pypdf import PdfReader

from engine.cli_evidence import exported
from engine.evidence.canonical import sha256
from engine.store import entries, open_store
from tests.cli.steps import PATH
from tests.evidence.sealers import sealer, signer


@pytest.fixture
def document(say, here):
    done, out, _ = say("compare", "old.parquet", "far.parquet", "--format", "json")
    assert done == 1
    (here / "run.json").write_text(out, encoding="utf-8")
    return json.loads(out)


def test_a_run_becomes_a_pdf_that_is_known_again(say, here, document):
    done, out, err = say("export", "run.json", "--by", "Jo Doe", "-o", "a.pdf")
    assert (done, out) == (0, "") and f"Run {document['id']} as pdf" in err and "stands in no ledger" in err
    assert "Jo Doe" in PdfReader(here / "a.pdf").pages[0].extract_text()
    done, out, err = say("verify", "a.pdf", "--data")
    assert (done, err) == (0, ""), out
    assert out.startswith("● a.pdf: This is the evidence that was made: 3 of 5 levels")
    assert "● 5 numbers: Both files are those of the run" in out and "kept elsewhere" in out


def test_a_ledger_at_hand_that_does_not_know_a_run_says_that_it_was_never_recorded(say, here, document):
    say("export", "run.json", "--by", "Jo", "-o", "a.pdf")
    open_store(os.environ["PLUMBLINE_STORE"])
    done, out, _ = say("verify", "a.pdf")
    assert done == 1 and "■ 4 ledger" in out and "as it says, its run was never recorded" in out


def test_a_ledger_that_is_there_and_cannot_be_asked_is_not_passed_over(say, here, document, tmp_path, monkeypatch):
    """Else whoever damages it, or cuts it off, has a forged file proven by its own pages."""
    say("export", "run.json", "--by", "Jo", "-o", "a.pdf")
    (tmp_path / "own.db").write_bytes(b"no database" * 100)
    done, out, err = say("verify", "a.pdf")
    assert (done, out) == (2, "") and "not a SQLite database" in err
    monkeypatch.setenv("PLUMBLINE_STORE", "mysql://a:s3cret@host/b")
    done, out, err = say("verify", "a.pdf")
    assert (done, out) == (2, "") and "cannot lie in" in err and "s3cret" not in err


def test_data_that_changed_are_told(say, here, document):
    say("export", "run.json", "--by", "Jo", "-o", "a.json", "--format", "json")
    done, out, _ = say("verify", "a.json", "--production", "same.parquet", "--format", "json")
    level = json.loads(out)["levels"][4]
    assert done == 1 and level["state"] == "different" and "production data are others" in level["differing"][0]
    done, out, _ = say("verify", "a.json", "--reference", "nowhere.parquet")
    assert done == 1 and "◌ 5 numbers: The data are not there any more" in out


def test_a_file_that_was_changed_ends_in_exit_code_1(say, here, document):
    say("export", "run.json", "--by", "Jo", "-o", "a.pdf")
    data = bytearray((here / "a.pdf").read_bytes())
    data[len(data) // 2] ^= 1
    (here / "b.pdf").write_bytes(data)
    done, out, _ = say("verify", "b.pdf", "--format", "tsv")
    assert done == 1 and "pages\tdifferent" in out


@pytest.mark.parametrize("form", ["json", "csv", "html"])
def test_the_other_forms(say, here, document, form):
    done, _, _ = say("export", "run.json", "--by", "Jo", "--format", form, "-o", f"a.{form}")
    text = (here / f"a.{form}").read_text(encoding="utf-8")
    assert done == 0 and document["findings"][0]["metric"] in text


def test_without_a_file_a_pdf_gets_a_name_of_its_own(say, here, document):
    done, _, err = say("export", "run.json", "--by", "Jo")
    assert done == 0 and f"Written to comparison-all-time-{document['id']}.pdf." in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "nothing.json", "--by", "Jo"], "cannot be read"),
        (["export", "garbage.parquet", "--by", "Jo"], "no JSON"),
        (["export", "kind.json", "--by", "Jo"], "no document of a run: against is missing. Give what show"),
        (["export", "asked.json", "--by", "Jo"], "no document of a run: asked is not as a run writes it"),
        (["export", "run.json", "--previous", "side.json", "--by", "Jo"], "findings.0.severity is 'dire'"),
        (["export", "run.json", "--by", " "], "name of who asked"),
        (["export", "run.json", "--by", "Jo", "--sign-as", "owner"], "Only a recorded run can be signed"),
        (["export", "run.json", "--by", "Jo", "-o", "no/where.pdf"], "cannot be written"),
        (["export", "ffff", "--store", "sqlite:///none.db"], "There is no store"),
        (["verify", "nothing.pdf"], "cannot be read"),
        (["verify", "run.json", "--store", "mysql://x"], "cannot lie in"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(say, here, document, arguments, said):
    dire = [{**document["findings"][0], "severity": "dire"}, *document["findings"][1:]]
    for name, held in (
        ("kind", {"kind": "run"}),
        ("asked", {**document, "asked": {"labels": None}}),
        ("side", {**document, "findings": dire}),
    ):
        (here / f"{name}.json").write_text(json.dumps(held), encoding="utf-8")
    done, out, err = say(*arguments)
    assert (done, out) == (2, "") and said in err and "Traceback" not in err


def test_the_bytes_are_what_is_written(here, document):
    where, data, _ = exported(
        "run.json", "json", None, "Jo", None, "", False, "a4", 0.0, None, None, "review", None, "x.json"
    )
    assert where == "x.json" and json.loads(data)["requested_by"] == "Jo" and len(sha256(data)) == 64


def test_a_file_is_sealed_and_signed_as_it_is_exported(say, here, document, tmp_path):
    seal, cert = sealer(tmp_path, "House")
    key, public = signer(tmp_path, "key")
    done, out, err = say(
        "export", "run.json", "--by", "Jo", "-o", "s.pdf", "--seal", seal, "--cert", cert, "--manifest", key
    )
    assert (done, out) == (0, "") and "Sealed; it stands in no ledger. Manifest signed" in err
    asked = ("verify", "s.pdf", "--trust", cert, "--trust", public, "--manifest", "s.pdf.manifest.json")
    done, out, _ = say(*asked)
    assert done == 0 and "● 6 seal: The seal is whole: put on by House" in out and "● 7 manifest: Signed on" in out
    done, out, _ = say("verify", "s.pdf", "--format", "json", "--trust", sealer(tmp_path, "Other")[1])
    assert done == 1 and json.loads(out)["levels"][5]["state"] == "different"
    (here / "s.pdf.manifest.json").write_text("{}")
    assert say(*asked)[0] == 1


def test_a_file_that_was_exported_is_sealed_and_signed(say, here, document, tmp_path):
    seal, cert = sealer(tmp_path, "House")
    key, _ = signer(tmp_path, "key")
    say("export", "run.json", "--by", "Jo", "-o", "t.pdf")
    done, out, _ = say("seal", "t.pdf", "--key", seal, "--cert", cert, "--by", "Jo", "--format", "json")
    said = json.loads(out)
    assert done == 0 and (said["kind"], said["file"]) == ("seal", "t-sealed.pdf")
    assert said["sha256"] == sha256((here / "t-sealed.pdf").read_bytes())
    assert (here / "t-sealed.pdf").read_bytes().startswith((here / "t.pdf").read_bytes())
    done, out, _ = say("sign", "t.pdf", "--key", key, "--by", "Jo", "-o", "m.json")
    assert done == 0 and "Written to m.json" in out and len((here / "m.json.sig").read_bytes()) == 64
    assert say("verify", "t-sealed.pdf", "--manifest", "m.json")[0] == 0


def test_the_key_of_this_machine_seals_every_pdf(say, here, document, tmp_path, monkeypatch):
    for name, value in zip(("PLUMBLINE_SEAL_KEY", "PLUMBLINE_SEAL_CERT"), sealer(tmp_path, "House"), strict=True):
        monkeypatch.setenv(name, value)
    done, _, err = say("export", "run.json", "--by", "Jo", "-o", "u.pdf")
    assert done == 0 and "Sealed" in err
    done, out, _ = say("verify", "u.pdf")
    assert done == 0 and "which is trusted" in out
    done, _, err = say("export", "run.json", "--by", "Jo", "-o", "u.json", "--format", "json")
    assert done == 0 and "Sealed" not in err


@pytest.mark.parametrize("wrong", [("--previous", "ffffffffffff"), ("--by", " "), ("-o", "no/where.pdf")])
def test_who_is_refused_the_export_has_signed_nothing(say, here, wrong):
    """A signature cannot be taken back: who mends the mistake and asks again would have signed twice."""
    done, out, _ = say("run", "good.yaml", "--format", "json")
    run = json.loads(out)["id"]
    signing = ("--sign-as", "owner", "--name", "Jo", "--decision", "accept", "-o", "never.pdf")
    done, out, err = say("export", run, *signing, *wrong)
    assert (done, out) == (2, "") and "Traceback" not in err
    kept = open_store(os.environ["PLUMBLINE_STORE"])
    assert [one.kind for one in entries(kept)] == ["monitor", "run"]
    assert say("export", run, *signing, "--by", "Jo", "--cohorts", "0")[0] == 0
    assert [one.kind for one in entries(kept)][2:] == ["sign-off", "export"]
    (here / "never.pdf").unlink()


def test_two_that_write_one_file_do_not_take_it_from_each_other(tmp_path):
    code = "from engine.cli_evidence import write_bytes\nfor _ in range(300): write_bytes(b'%d' * 500_000, 'a.pdf')"
    how = {"cwd": tmp_path, "env": PATH, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen([sys.executable, "-c", code % i], **how) for i in (1, 2)]
    said = [one.communicate(timeout=100)[1] for one in both]
    assert said == ["", ""] and [one.returncode for one in both] == [0, 0]
    assert set((tmp_path / "a.pdf").read_bytes()) in ({ord("1")}, {ord("2")}) and len(list(tmp_path.iterdir())) == 1


def test_html_and_csv_of_a_recorded_run_have_manifests_that_an_auditor_checks_without_the_ledger(
    say, here, tmp_path, monkeypatch
):
    key, public = signer(tmp_path, "key")
    (here / "windows.yaml").write_text(
        "monitor: w\nreference: {path: old.parquet}\nproduction: {path: far.parquet}\n"
        "columns: {timestamp: at}\nwindow: {every: 1 day}\n"
    )
    run = json.loads(say("run", "windows.yaml", "--format", "json")[1])["id"]
    store = os.environ["PLUMBLINE_STORE"]
    for form in ("html", "csv"):
        file = f"r.{form}"
        done, _, err = say("export", run, "--by", "Jo", "--format", form, "--manifest", key, "-o", file)
        assert done == 0 and "Manifest signed, entry " in err, err
        assert json.loads((here / f"{file}.manifest.json").read_text())["evidence"]["run"] == run
        asked = ("verify", file, "--manifest", f"{file}.manifest.json", "--trust", public, "--format", "json")
        assert [one["state"] for one in json.loads(say(*asked)[1])["levels"]].count("same") == 2, "ledger and manifest"
        monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{tmp_path}/none.db")
        done, out, _ = say(*asked)
        assert done == 0 and [one["state"] for one in json.loads(out)["levels"]] == ["unknown"] * 5 + ["same"], out
        monkeypatch.setenv("PLUMBLINE_STORE", store)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "run.json", "--by", "Jo", "--seal", "none.pem", "-o", "never.pdf"], "cannot be read"),
        (["export", "run.json", "--by", "Jo", "--seal", "x", "--format", "csv"], "Only a PDF carries a seal"),
        (["export", "run.json", "--by", "Jo", "--cert", "x"], "without its key"),
        (["export", "run.json", "--by", "Jo", "--manifest", "x", "-o", "-"], "stands beside a file"),
        (
            ["export", "run.json", "--by", "Jo", "--manifest", "x", "-o", "never.pdf", "--format", "csv"],
            "no run is recorded",
        ),
        (["export", "run.json", "--by", "Jo", "--manifest", "run.json", "-o", "never.pdf"], "cannot be opened"),
        (["seal", "run.json"], "No key is given"),
        (["sign", "nothing.pdf", "--key", "run.json"], "cannot be read"),
        (["verify", "run.json", "--manifest", "nothing.json"], "cannot be read"),
        (["verify", "run.json", "--trust", "run.json"], "no certificate and no Ed25519"),
    ],
)
def test_a_mistake_with_keys_is_one_sentence_and_nothing_is_written(say, here, document, arguments, said):
    done, out, err = say(*arguments)
    assert (done, out) == (2, "") and said in err and "Traceback" not in err
    assert not (here / "never.pdf").exists()
