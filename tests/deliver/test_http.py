"""One request: what every kind of answer means, within the time it may take, and what is never told."""

import socket
import time
from datetime import UTC, datetime

import pytest

from engine.deliver import http
from engine.deliver.http import judged, post, waited
from engine.deliver.message import Post
from tests.deliver.servers import certificate


def send(url, seconds=5.0, body=b"{}"):
    return post(Post(url, body, {"Content-Type": "application/json"}), seconds)


def test_what_is_taken_is_sent_once_and_whole(host):
    one = host(202)
    answer = send(one.url, body=b'{"a":"\xc3\xbc"}')
    assert answer.ok and answer.said == "HTTP 202"
    (got,) = one.got
    assert got["body"] == b'{"a":"\xc3\xbc"}' and got["path"] == "/hook/T0secretToken1"
    assert got["headers"]["Content-Type"] == "application/json" and got["headers"]["User-Agent"] == "plumbline"


@pytest.mark.parametrize(
    ("status", "again"),
    [(400, False), (401, False), (403, False), (404, False), (410, False), (408, True), (429, True), (500, True),
     (502, True), (503, True)],
)  # fmt: skip
def test_only_what_may_pass_is_tried_again(host, status, again):
    answer = send(host(status).url)
    assert (answer.ok, answer.again, answer.said) == (False, again, f"HTTP {status}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(host, status):
    elsewhere = host(200)
    one = host((status, {"Location": elsewhere.url}))
    answer = send(one.url)
    assert not answer.ok and not answer.again and "redirect" in answer.said
    assert elsewhere.got == [] and len(one.got) == 1


def test_retry_after_is_read_as_seconds_or_a_moment(host):
    assert send(host((429, {"Retry-After": "17"})).url).after == 17
    assert send(host((503, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"})).url).after == http.LONGEST_WAIT
    now = datetime(2026, 4, 21, 12, tzinfo=UTC)
    assert waited("Tue, 21 Apr 2026 12:01:00 GMT", now) == 60 and waited("Tue, 21 Apr 2026 11:00:00 GMT", now) == 0
    for odd in ("", "-5", "1e9", "soon", "²", "9" * 400):
        assert waited(odd) in (None, http.LONGEST_WAIT)
    assert judged(404, "17").after is None


def test_a_status_counts_though_the_rest_of_the_answer_never_comes(host):
    def halt(to):
        to.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        time.sleep(3)

    answer = send(host(halt).url, seconds=0.6)
    assert answer.ok and answer.said == "HTTP 200", "sent again, it would come twice"


@pytest.mark.parametrize("how", ["slow", "drip"])
def test_a_slow_host_takes_no_more_than_it_may(host, how):
    one = host(how)
    began = time.monotonic()
    answer = send(one.url, seconds=0.6)
    assert time.monotonic() - began < 1.5
    assert (answer.ok, answer.again, answer.said) == (False, True, "no answer within 0.6 s")


def test_a_huge_answer_is_not_read(host):
    one = host("huge")
    began = time.monotonic()
    assert send(one.url).ok and time.monotonic() - began < 2


@pytest.mark.parametrize("how", ["cut", "silent", "noise"])
def test_an_answer_that_breaks_off_is_tried_again(host, how):
    answer = send(host(how).url)
    assert not answer.ok and answer.again and answer.said


def test_a_host_that_is_down_or_unknown_is_tried_again():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = send(f"http://127.0.0.1:{port}/secretsecret")
    assert answer.again and answer.said == "it cannot be reached: Connection refused"
    answer = send("http://no-such-host.invalid/secretsecret", seconds=8)
    assert answer.again and "secretsecret" not in answer.said and "invalid" not in answer.said


@pytest.mark.parametrize(
    "url",
    ["ftp://host/x", "file:///etc/passwd", "//host/x", "http://", "http://user:pass@host/", "http://h:99999999/",
     "http://a b/", "http://h/ü\r\nX: y", "http://[::1", "http://h\0/", "", "http://" + "a" * 300],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_repeated(url):
    answer = send(url)
    assert not answer.ok and "pass" not in answer.said.replace("password", "")
    assert answer.again is False or url.startswith("http://a")


def test_a_certificate_that_nobody_vouches_for_is_refused(host, tmp_path, monkeypatch):
    files = certificate(tmp_path)
    one = host(200, certificate=files)
    answer = send(one.url)
    assert not answer.ok and "certificate is not trusted" in answer.said and one.got == []
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))  # how a company adds its own authority
    assert send(one.url).ok
    assert not send(one.url.replace("127.0.0.1", "localhost")).ok, "the name is verified too"


def test_proxies_of_the_environment_are_not_asked(host, monkeypatch):
    proxy, one = host(200), host(200)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert send(one.url).ok
    assert proxy.got == [] and len(one.got) == 1
