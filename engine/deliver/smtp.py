"""One e-mail to one server, bounded in time: smtps, or smtp with STARTTLS where offered; a password only under TLS."""

import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from engine.deliver.message import Answer, Letter

SECONDS = 20.0  # for all of one try
PORTS = {"smtp": 25, "smtps": 465}


def mail(letter: Letter, seconds: float = SECONDS) -> Answer:
    """Hand a letter to its server and tell how it ended; raises nothing, and never takes longer than it may."""
    found: list[Answer] = []
    line: list[smtplib.SMTP] = []
    done = threading.Thread(target=lambda: found.append(_tried(letter, seconds, line, found)), daemon=True)
    done.start()
    done.join(seconds)
    answer = found[0] if found else Answer(False, f"no answer within {seconds:.1f} s", again=True)
    for one in line if done.is_alive() else ():
        if (sock := getattr(one, "sock", None)) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
    return answer


def _tried(letter: Letter, seconds: float, line: list[smtplib.SMTP], found: list[Answer]) -> Answer:
    try:
        return _mailed(letter, seconds, line, found)
    except ssl.SSLCertVerificationError as error:
        return Answer(False, f"its certificate is not trusted: {error.verify_message}", again=True)
    except ssl.SSLError as error:
        return Answer(False, f"TLS failed: {error.reason or 'no answer in TLS'}", again=True)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return Answer(False, f"SMTP {codes[0]}: every recipient was refused", again=any(code < 500 for code in codes))
    except smtplib.SMTPAuthenticationError as error:
        return Answer(False, f"SMTP {error.smtp_code}: name or password was refused", again=error.smtp_code < 500)
    except smtplib.SMTPServerDisconnected:
        return Answer(False, "the server hung up", again=True)
    except smtplib.SMTPResponseException as error:  # its text may repeat what was sent
        return Answer(False, f"SMTP {error.smtp_code}", again=not 500 <= error.smtp_code < 600)
    except smtplib.SMTPNotSupportedError:
        return Answer(False, "the server takes no password, or no such address")
    except smtplib.SMTPException:
        return Answer(False, "the server does not speak SMTP as expected", again=True)
    except TimeoutError:
        return Answer(False, f"no answer within {seconds:.1f} s", again=True)
    except socket.gaierror:
        return Answer(False, "its host has no address", again=True)
    except OSError as error:
        return Answer(False, f"it cannot be reached: {error.strerror or type(error).__name__}", again=True)
    except (ValueError, UnicodeError):
        return Answer(False, "its address cannot be used")


def _mailed(letter: Letter, seconds: float, line: list[smtplib.SMTP], found: list[Answer]) -> Answer:
    """Puts the answer into found as soon as the letter is taken: the goodbye may take longer than there is time."""
    parts = urlsplit(letter.server)
    if parts.scheme not in PORTS or not parts.hostname:
        return Answer(False, "its address is no smtp://host:port or smtps://host:port")
    port, context = parts.port or PORTS[parts.scheme], ssl.create_default_context()
    name = socket.gethostname() if socket.gethostname().isascii() else "localhost"
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=seconds, context=context, local_hostname=name)
    else:
        server = smtplib.SMTP(timeout=seconds, local_hostname=name)
    line.append(server)
    server._host = parts.hostname  # type: ignore[attr-defined]  # connect alone leaves TLS without a name to verify
    try:
        code, _ = server.connect(parts.hostname, port)
        if code != 220:
            return Answer(False, f"SMTP {code}", again=not 500 <= code < 600)
        server.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif parts.scheme == "smtp" and parts.password is not None:
            return Answer(False, "the server offers no TLS, and a password is not sent without")
        if parts.username is not None:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        refused = server.sendmail(letter.sender, letter.recipients, letter.content)
        some = f"; {len(refused)} of {len(letter.recipients)} recipients were refused" if refused else ""
        found.append(Answer(True, f"SMTP 250{some}"))
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        return found[0]
    finally:
        server.close()
