"""The entrance: who may not come in is told why and what to do; who is in sees name, roles and the way out."""

import os
from importlib.util import find_spec
from ipaddress import ip_address

import streamlit as st
from streamlit.auth_util import get_secrets_auth_section

from engine.access import ROLES, Visitor
from engine.errors import Forbidden, InvalidAccess
from engine.logs import LOGGER
from pages.shared.visiting import claims, visitor
from pages.shared.words import plain

OPEN = "PLUMBLINE_OPEN"  # 1: whoever runs the server knows that it is open to all who reach it
FORWARDED = ("x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip", "via")
ABOUT = "Plumbline shows whether a model in production still sees the world that it was built for."


def visitor_if_let_in() -> Visitor | None:
    """Who is there, if anything here is for them; show_entrance tells the others what to do."""
    try:
        who = visitor()
    except InvalidAccess:
        return None
    return who if who.roles else None


def show_entrance() -> None:
    """Who we are, and the way in; or why there is none."""
    _, middle, _ = st.columns([1, 2, 1])
    with middle, st.container(border=True, key="entrance"):
        st.title("Plumbline", anchor=False)
        st.markdown(ABOUT)
        try:
            who = visitor()
        except InvalidAccess as error:
            closed(error)
            return
        if who.signed_in:
            refused(who)
        else:
            sign_in()


def closed(error: InvalidAccess) -> None:
    """The file of roles is broken: nobody gets in. What is wrong stands in the log: it may name people."""
    LOGGER.error("access is closed: %s", error)
    st.markdown(":red[■] **Closed: the file that says who may do what cannot be used**")
    st.markdown("Nobody gets in until it is mended. Whoever runs the server finds what is wrong in its log.")


def refused(who: Visitor) -> None:
    """Somebody who is signed in and has no role."""
    ask = who.access.ask if who.access else ""
    st.markdown(f":orange[▲] **{plain(who.refused)}**")
    st.markdown(f"Signed in as {plain(who.signature())}.")
    if not who.refused.startswith("A sign-in lasts"):
        st.markdown(f"Ask {plain(ask)} for one." if ask else "Ask whoever runs this server for one.")
    with st.container(horizontal=True):
        st.button("Sign in again", key="sign_in", on_click=st.logout, type="primary",
                  help="Signs you out first; then you can choose another account")  # fmt: skip


def sign_in() -> None:
    """One button, or one for each provider that is set up."""
    if not installed():
        st.markdown(":red[■] **Sign-in is set up, but what it needs is not installed**")
        st.code("pip install -r requirements-auth.txt -c constraints.txt", language="bash")
        return
    st.markdown("Sign in to see the monitors that are yours to see.")
    providers = [name for name, section in get_secrets_auth_section().items() if hasattr(section, "to_dict")]
    providers = [one for one in providers if one not in ("client_kwargs", "default")]
    for one in providers or [None]:
        st.button(f"Sign in with {one}" if one else "Sign in", key=f"sign_in_{one}" if one else "sign_in",
                  on_click=st.login, args=(one,) if one else (), type="primary")  # fmt: skip


def installed() -> bool:
    """Whether sign-in can work at all here."""
    return all(find_spec(name) is not None for name in ("authlib", "httpx"))


def show_who(who: Visitor) -> None:
    """Name, roles and the way out, in the sidebar; nothing where nobody signs in."""
    if not who.signed_in:
        return
    with st.sidebar.popover(plain(who.name), icon=":material/account_circle:", width="stretch", key="who"):
        st.markdown(f"**{plain(who.name)}**" + (f" · {plain(who.email)}" if who.email != who.name else ""))
        st.caption(f"Signed in via {plain(who.issuer)}")
        st.markdown("\n".join(f"- **{one}**: {ROLES[one]}" for one in ROLES if one in who.roles))
        st.button("Sign out", key="sign_out", on_click=st.logout, icon=":material/logout:")


def show_refusal(error: Forbidden) -> None:
    """A page that is for deeds of other roles."""
    with st.container(border=True, key="refusal"):
        st.markdown(":orange[▲] **This page is not yours to see**")
        st.markdown(plain(" ".join(filter(None, (error.message, error.hint)))))
        st.markdown("What you may see stands in the menu.")


def show_openness() -> None:
    """That anyone may see and change all, where others can reach this server and nobody signs in."""
    why = reachable()
    if claims() is not None or not why:
        return
    if os.environ.get(OPEN) == "1":
        st.sidebar.caption(f"▲ No sign-in: anyone who reaches this address may see and change all ({why}).")
        return
    st.warning(
        f"**Anyone who can reach this address may see and change everything here**: {why}, and nobody signs in. Set up "
        f"sign-in (docs/access.md), bind the server to 127.0.0.1, or set {OPEN}=1 if that is meant.",
        icon=":material/lock_open:",
    )


def reachable() -> str:
    """Why others than this machine can reach the server, as far as it can tell; empty where they cannot."""
    address = st.get_option("server.address")
    if not loopback(str(address or "")):
        return f"the server listens on {plain(address or 'all addresses')}"
    headers = {name.lower() for name in st.context.headers}
    if headers & set(FORWARDED):
        return "a proxy hands visits on to it"
    host = str(st.context.headers.get("host") or "localhost")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return "" if loopback(name) else f"it is visited as {plain(name)}"


def loopback(name: str) -> bool:
    """Whether a name stands for this machine alone.

    >>> loopback("127.0.0.1"), loopback("[::1]"), loopback("0.0.0.0"), loopback("")
    (True, True, False, False)
    """
    bare = name.strip("[]").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return False
