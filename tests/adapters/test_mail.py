"""Mails as they arrive at a real SMTP server, and what is said when they do not."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import logging
import ssl
from typing import TYPE_CHECKING, Any

import aiosmtplib
import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters import mail
from oneapi.adapters.mail import SmtpMailer, compose, mailbox
from oneapi.application.messages.letters import Letter
from oneapi.domain.errors.messages import (
    MailBadRecipient,
    MailBadSender,
    MailBroken,
    MailCertificateInvalid,
    MailLoginRefused,
    MailNotConfigured,
    MailRefused,
    MailServerUnreachable,
    MailTimedOut,
    MailUnencrypted,
    MessageNotSent,
)
from oneapi.domain.options import Options
from oneapi.entrypoints.errors.answers import text_of
from tests.support.mail_server import MailServer
from tests.support.network.authority import DAY, NOW, Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@define
class Scripted:
    """A server that speaks by a script; ``heard``: somebody has said something to it."""

    port: int = 0
    heard: asyncio.Event = field(factory=asyncio.Event)


PASSWORD = "hush-hush"
SENDER = "gateway@example.com"
USERS = {SENDER: PASSWORD}
LETTER = Letter("邮箱验证", "<p>1 &lt; 2</p>", "1 < 2\n")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECT_PATIENCE", "PATIENCE"):
        monkeypatch.setattr(mail, name, 5.0)


def options(server: MailServer | Scripted | None, **fields: Any) -> Options:
    values: dict[str, Any] = {
        "smtp_server": "127.0.0.1",
        "smtp_port": server.port if server else 1,
        "smtp_from": SENDER,
        "system_name": "One API",
    } | fields
    return Options(**values)


def mailer(settings: Options, authority: Authority | None = None) -> SmtpMailer:
    trusted = ssl.create_default_context(cafile=authority.path) if authority else None
    return SmtpMailer(lambda: settings, clock=lambda: 1_700_000_000.0, trusted=trusted)


async def refusal(sender: SmtpMailer, to: str = "alice@example.org") -> MessageNotSent:
    with pytest.raises(MessageNotSent) as caught:
        await sender.send(to, LETTER)
    return caught.value


async def test_a_mail_arrives() -> None:
    async with MailServer() as server:
        await mailer(options(server)).send("alice@example.org", LETTER)
    (received,) = server.mails
    assert (received.sender, received.recipients) == (SENDER, ["alice@example.org"])
    assert (received.encrypted, received.user) == (False, None)
    message = received.message
    assert (message["From"], message["To"]) == (f"One API <{SENDER}>", "alice@example.org")
    assert message["Subject"] == "邮箱验证"
    assert message["Date"].datetime.timestamp() == 1_700_000_000
    assert message["Message-ID"].endswith("@example.com>")
    assert message.get_content_type() == "multipart/alternative"
    assert received.part("plain") == LETTER.text
    assert received.part("html") == LETTER.html
    assert received.content.isascii()


async def test_message_ids_differ() -> None:
    async with MailServer() as server:
        for _ in range(2):
            await mailer(options(server)).send("alice@example.org", LETTER)
    assert len({received.message["Message-ID"] for received in server.mails}) == 2


async def test_starttls_is_used_where_it_is_offered(authority: Authority) -> None:
    async with MailServer(starttls=authority.server("127.0.0.1"), users=USERS) as server:
        settings = options(server, smtp_account=SENDER, smtp_token=PASSWORD)
        await mailer(settings, authority).send("alice@example.org", LETTER)
        await mailer(options(server), authority).send("alice@example.org", LETTER)
    assert [(received.encrypted, received.user) for received in server.mails] == [
        (True, SENDER),
        (True, None),
    ]


async def test_tls_from_the_start_on_its_port(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    async with MailServer(tls=authority.server("127.0.0.1"), users=USERS) as server:
        monkeypatch.setattr(mail, "TLS_PORT", server.port)
        settings = options(server, smtp_account=SENDER, smtp_token=PASSWORD)
        await mailer(settings, authority).send("alice@example.org", LETTER)
    assert [(received.encrypted, received.user) for received in server.mails] == [(True, SENDER)]


@pytest.mark.parametrize("from_the_start", [True, False])
@pytest.mark.parametrize("fault", ["name", "expired", "unknown authority"])
async def test_wrong_certificates_are_refused(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, fault: str, *, from_the_start: bool
) -> None:
    context = authority.server(
        "127.0.0.2" if fault == "name" else "127.0.0.1", until=NOW - DAY if fault == "expired" else NOW + DAY
    )
    trusted = None if fault == "unknown authority" else authority
    server = MailServer(tls=context) if from_the_start else MailServer(starttls=context)
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the server's own complaints
    async with server:
        if from_the_start:
            monkeypatch.setattr(mail, "TLS_PORT", server.port)
        settings = options(server, smtp_account=SENDER, smtp_token=PASSWORD)
        refused = await refusal(mailer(settings, trusted))
    assert isinstance(refused, MailCertificateInvalid)
    assert refused.retry_after is None
    assert server.mails == []


async def test_password_of_this_machine_needs_no_encryption() -> None:
    async with MailServer(users=USERS) as server:
        settings = options(server, smtp_account=SENDER, smtp_token=PASSWORD)
        await mailer(settings).send("alice@example.org", LETTER)
    assert [received.user for received in server.mails] == [SENDER]


async def test_password_stays_at_home_when_others_could_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = aiosmtplib.SMTP.get_transport_info

    def elsewhere(client: aiosmtplib.SMTP, key: str) -> Any:
        return ("192.0.2.1", 587) if key == "peername" else peer(client, key)

    monkeypatch.setattr(aiosmtplib.SMTP, "get_transport_info", elsewhere)
    async with MailServer(users=USERS) as server:
        refused = await refusal(mailer(options(server, smtp_account=SENDER, smtp_token=PASSWORD)))
        assert (type(refused), server.sign_ins, server.mails) == (MailUnencrypted, [], [])
        await mailer(options(server)).send("alice@example.org", LETTER)
    assert len(server.mails) == 1


@pytest.mark.parametrize(("account", "token"), [("", PASSWORD), (SENDER, "")], ids=["no account", "no token"])
async def test_nobody_signs_in_without_both(account: str, token: str) -> None:
    async with MailServer(users=USERS) as server:
        settings = options(server, smtp_account=account, smtp_token=token)
        await mailer(settings).send("alice@example.org", LETTER)
    assert [received.user for received in server.mails] == [None]


async def test_refused_sign_in_tells_no_password(caplog: pytest.LogCaptureFixture) -> None:
    async with MailServer(users={SENDER: "another"}) as server:
        refused = await refusal(mailer(options(server, smtp_account=SENDER, smtp_token=PASSWORD)))
    assert isinstance(refused, MailLoginRefused)
    assert refused.reply.startswith("535 5.7.8")
    assert refused.retry_after is None
    assert text_of(refused, "en") == "failed to send email: the mail server refused the login"
    assert PASSWORD not in repr(refused) + refused.reply + caplog.text
    assert "535 5.7.8" in caplog.text


async def test_account_is_the_envelope_sender_if_it_is_an_address() -> None:
    users = {"apikey": PASSWORD, "account@example.net": PASSWORD}
    async with MailServer(users=users) as server:
        for account in users:
            settings = options(server, smtp_account=account, smtp_token=PASSWORD)
            await mailer(settings).send("alice@example.org", LETTER)
    assert [received.sender for received in server.mails] == [SENDER, "account@example.net"]
    assert {received.message["From"] for received in server.mails} == {f"One API <{SENDER}>"}


async def test_sender_falls_back_to_the_account() -> None:
    async with MailServer() as server:
        settings = options(server, smtp_from="", smtp_account="account@example.net")
        await mailer(settings).send("alice@example.org", LETTER)
    assert server.mails[0].message["From"].addresses[0].addr_spec == "account@example.net"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"smtp_server": "  "}, MailNotConfigured),
        ({"smtp_from": "", "smtp_account": "apikey"}, MailBadSender),
        ({"smtp_from": f"Name <{SENDER}>"}, MailBadSender),
        ({"smtp_from": "a@example.com\r\nBcc: b@example.com"}, MailBadSender),
        ({"smtp_server": "127.0.0.1\r\nx"}, MailServerUnreachable),
        ({"smtp_server": "a..b"}, MailServerUnreachable),
    ],
)
async def test_settings_that_cannot_work(fields: dict[str, str], kind: type[MessageNotSent]) -> None:
    refused = await refusal(mailer(options(None, **fields)))
    assert type(refused) is kind


async def test_settings_are_those_of_the_moment() -> None:
    settings = [options(None, smtp_server="")]
    sender = SmtpMailer(lambda: settings[-1], clock=lambda: 0.0)
    await refusal(sender)
    async with MailServer() as server:
        settings.append(options(server))
        await sender.send("alice@example.org", LETTER)
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("when", "reply", "again"),
    [
        ("RCPT", "550 5.1.1 no such user", False),
        ("RCPT", "450 4.2.0 greylisted", True),
        ("DATA", "554 5.7.1 spam", False),
        ("DATA", "452 4.3.1 disk is full", True),
    ],
)
async def test_refusals_of_the_server(when: str, reply: str, *, again: bool) -> None:
    async with MailServer(replies={when: reply}) as server:
        refused = await refusal(mailer(options(server)))
    assert isinstance(refused, MailRefused)
    assert text_of(refused, "zh") == f"发送邮件失败：邮件服务器拒绝了邮件（{reply[:3]}）"
    assert refused.reply == reply
    assert (refused.retry_after is not None) is again


async def test_server_that_is_gone() -> None:
    async with MailServer() as server:
        pass
    refused = await refusal(mailer(options(server)))
    assert isinstance(refused, MailServerUnreachable)
    assert refused.retry_after


@contextlib.asynccontextmanager
async def scripted(*says: bytes) -> AsyncIterator[Scripted]:
    """A server that says this, one for each line that it hears and the first unasked; then it falls silent."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for line in says:
                if line == HANG_UP:
                    return
                writer.write(line)
                if await reader.readline():
                    site.heard.set()
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()
            over.set()

    site, over = Scripted(), asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        site.port = server.sockets[0].getsockname()[1]
        yield site
        await over.wait()


HANG_UP = b""
GREETING = b"220 mail.example.com\r\n"


@pytest.mark.parametrize("says", [(), (GREETING,), (GREETING, b"250 mail\r\n")])
async def test_slow_server_does_not_keep_anybody_waiting(
    monkeypatch: pytest.MonkeyPatch, says: tuple[bytes, ...]
) -> None:
    monkeypatch.setattr(mail, "PATIENCE", 0.2)
    async with scripted(*says) as server:
        refused = await asyncio.wait_for(refusal(mailer(options(server))), 3)
    assert isinstance(refused, MailTimedOut)
    assert refused.retry_after


@pytest.mark.parametrize(
    "says",
    [
        (HANG_UP,),
        (GREETING, HANG_UP),
        (GREETING, b"250 mail\r\n", HANG_UP),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n",),
        (b"\xff\xfe\r\n", HANG_UP),
        (b"220 " + b"x" * 100_000,),
        (b"554 go away\r\n", HANG_UP),
    ],
)
async def test_server_that_speaks_nonsense(monkeypatch: pytest.MonkeyPatch, says: tuple[bytes, ...]) -> None:
    monkeypatch.setattr(mail, "PATIENCE", 1.0)
    async with scripted(*says) as server:
        refused = await refusal(mailer(options(server)))
    assert isinstance(refused, MailServerUnreachable | MailBroken | MailRefused | MailTimedOut)
    assert len(refused.reply) <= mail.LONGEST_REPLY


async def test_cancelled_mail_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[aiosmtplib.SMTP] = []

    def make(**arguments: Any) -> aiosmtplib.SMTP:
        made.append(aiosmtplib.SMTP(**arguments))
        return made[-1]

    monkeypatch.setattr(mail, "SMTP", make)
    async with scripted(GREETING) as server:
        task = asyncio.ensure_future(mailer(options(server)).send("alice@example.org", LETTER))
        await server.heard.wait()
        assert made[0].is_connected
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not made[0].is_connected


async def test_password_is_not_shown_by_what_a_failure_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with MailServer(users=USERS, replies={"DATA": f"554 {PASSWORD}"}) as server:
        refused = await refusal(mailer(options(server, smtp_account=SENDER, smtp_token=PASSWORD)))
    assert refused.reply == "554 ***"
    own = [record.getMessage() for record in caplog.records if record.name.startswith("oneapi")]
    assert own
    assert not any(PASSWORD in line for line in own)


# --- addresses and headers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a@example.com", "a@example.com"),
        (" a.b+c@Example.com\n", "a.b+c@Example.com"),
        ("root@localhost", "root@localhost"),
        ("用户@example.com", None),
        ("a@例子.中国", "a@xn--fsqu00a.xn--fiqs8s"),
        ("", None),
        ("a", None),
        ("@example.com", None),
        ("a@", None),
        ("a@b@example.com", None),
        ("a@example.com;b@example.com", None),
        ("a@example.com,b@example.com", None),
        ("a@example.com b@example.com", None),
        ("a@exa\nmple.com", None),
        ("a\r\nRCPT TO:<b@example.com>@example.com", None),
        ("<a@example.com>", None),
        ('"a b"@example.com', None),
        ("a@[127.0.0.1]", None),
        ("a@example.com\x00", None),
        ("a@" + "b" * 300, None),
        ("a@\udcff.com", None),
    ],
)
def test_mailbox(text: str, address: str | None) -> None:
    assert mailbox(text) == address


@pytest.mark.parametrize("to", ["", "a@example.com;b@example.com", "a@example.com\r\nBcc: b@example.com"])
async def test_exactly_one_recipient(to: str) -> None:
    async with MailServer() as server:
        refused = await refusal(mailer(options(server)), to)
    assert (type(refused), server.mails) == (MailBadRecipient, [])


HEADERS = [
    "Content-Type",
    "MIME-Version",
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
]
#: What tries to be a header, an address or an encoded word, between anything else.
NASTY = st.lists(
    st.one_of(
        st.text(alphabet=st.characters(), max_size=30),
        st.sampled_from(
            [
                "\r\nBcc: evil@example.net",
                "\nX-Evil: 1\n\nbody",
                "=?utf-8?q?a=0d=0aX-Evil:_1?=",
                "=?utf-8?b?DQpYLUV2aWw6IDE=?=",
                "evil@example.net, ",
                '"<evil@example.net>',
                "é" * 60,
                "x" * 100,
                "\u2028",
                "\x85",
                "{{7*7}}",
                "%(x)s",
                "{0}",
                "\udcff",
            ]
        ),
    ),
    max_size=6,
).map("".join)


@given(name=NASTY, subject=NASTY)
def test_no_name_and_no_subject_becomes_a_header(name: str, subject: str) -> None:
    wire = compose(name, SENDER, "alice@example.org", Letter(subject, "<p>b</p>", "b"), now=0)
    head, _, _ = wire.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert all(line.isascii() and b"\n" not in line and b"\r" not in line for line in lines)
    assert all(len(line) <= 998 for line in lines)
    message = email.message_from_bytes(wire, policy=email.policy.default)
    assert message.keys() == HEADERS
    assert [address.addr_spec for address in message["From"].addresses] == [SENDER]
    assert [address.addr_spec for address in message["To"].addresses] == ["alice@example.org"]


@given(text=NASTY, html=NASTY)
def test_bodies_arrive_as_they_are(text: str, html: str) -> None:
    wire = compose("n", SENDER, "alice@example.org", Letter("s", html, text), now=0)
    message = email.message_from_bytes(wire)
    parts = [part.get_payload(decode=True).decode() for part in message.get_payload()]  # type: ignore[union-attr]
    assert parts == [each.encode(errors="replace").decode() for each in (text, html)]


@pytest.mark.parametrize("text", ["{{7*7}}", "%(x)s ${7*7}", "=?utf-8?q?a?=", "名 'a' \"b\" <c>", "é" * 100])
def test_names_and_subjects_are_literal(text: str) -> None:
    wire = compose(text, SENDER, "alice@example.org", Letter(text, "", ""), now=0)
    message = email.message_from_bytes(wire)
    assert str(email.header.make_header(email.header.decode_header(message["Subject"]))) == text
    name = email.header.make_header(email.header.decode_header(message["From"]))
    assert str(name) == f"{text} <{SENDER}>"
