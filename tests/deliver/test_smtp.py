"""One letter: taken, refused, for some or for now, over TLS or not at all with a password."""

import time

import pytest

from engine.deliver.message import Letter
from engine.deliver.smtp import mail
from tests.deliver.servers import certificate

TEXT = b"Subject: hello\r\n\r\n.a line with a dot\r\n"


def send(office, user="", scheme="smtp", seconds=5.0, to=("a@b.c", "d@e.f")):
    return mail(Letter(f"{scheme}://{user}127.0.0.1:{office.port}", "from@b.c", tuple(to), TEXT), seconds)


def test_a_letter_arrives_once_at_everybody(post_office):
    office = post_office()
    answer = send(office)
    assert answer.ok and answer.said == "SMTP 250"
    (got,) = office.letters
    assert got["to"] == ["a@b.c", "d@e.f"] and got["message"]["Subject"] == "hello"


def test_whom_the_server_refuses_is_told_and_the_others_get_it(post_office):
    office = post_office(refuses={"a@b.c": 550})
    answer = send(office)
    assert answer.ok and "1 of 2 recipients were refused" in answer.said and office.letters[0]["to"] == ["d@e.f"]
    everybody = send(post_office(refuses={"a@b.c": 550, "d@e.f": 550}))
    assert (everybody.ok, everybody.again) == (False, False)
    for_now = send(post_office(refuses={"a@b.c": 450, "d@e.f": 550}))
    assert (for_now.ok, for_now.again) == (False, True)


@pytest.mark.parametrize(
    ("replies", "again"),
    [({"MAIL": "451 later"}, True), ({"MAIL": "550 never secretsecret"}, False), ({"DATA": "452 full"}, True),
     ({"DATA": "554 no"}, False), ({"HELLO": "421 busy"}, True), ({"HELLO": "554 go away"}, False),
     ({"MAIL": "421 bye"}, True), ({"HELLO": "SSH-2.0-x"}, True)],
)  # fmt: skip
def test_what_a_server_says_decides_about_another_try(post_office, replies, again):
    answer = send(post_office(replies=replies))
    assert (answer.ok, answer.again) == (False, again)
    assert "secretsecret" not in answer.said


def test_a_deaf_server_takes_no_more_than_it_may(post_office):
    began = time.monotonic()
    answer = send(post_office(deaf=True), seconds=0.6)
    assert time.monotonic() - began < 1.5 and (answer.ok, answer.again) == (False, True)


def test_a_letter_that_was_taken_is_sent_though_the_goodbye_never_comes(post_office):
    office = post_office(replies={"QUIT": None})
    answer = send(office, seconds=0.6)
    assert answer.ok and len(office.letters) == 1, "sent again, it would come twice"


def test_a_password_is_sent_under_tls_only(post_office, tmp_path, monkeypatch):
    files = certificate(tmp_path)
    bare = post_office(password="AGFkYQBzZXNhbWU=")
    answer = send(bare, "ada:sesame@")
    assert not answer.ok and not answer.again and "no TLS" in answer.said and bare.logins == []
    offers = post_office(password="AGFkYQBzZXNhbWU=", starttls=files)
    assert "certificate is not trusted" in send(offers, "ada:sesame@").said and offers.logins == []
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    assert send(offers, "ada:sesame@").ok
    assert offers.logins[0][1] and offers.letters[0]["secure"]
    wrong = send(offers, "ada:wrong@")
    assert (wrong.ok, wrong.again, wrong.said) == (False, False, "SMTP 535: name or password was refused")
    at_once = post_office(certificate=files, password="AGFkYQBzZXNhbWU=")
    assert send(at_once, "ada:sesame@", scheme="smtps").ok and at_once.letters[0]["secure"]


@pytest.mark.parametrize("server", ["http://h", "smtp://", "smtp://h:99999999", "", "smtp://127.0.0.1:1"])
def test_what_is_no_server_is_told(server):
    answer = mail(Letter(server, "a@b.c", ("d@e.f",), TEXT), 3)
    assert not answer.ok and answer.said
