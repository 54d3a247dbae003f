"""SMTP_URL."""

from __future__ import annotations

import pytest

from notifications.domain.mail_server import MailServer


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", MailServer("mail.example.org", 25)),
        ("smtp://u:p%40ss@mail.example.org:587", MailServer("mail.example.org", 587, "u", "p@ss", "starttls")),
        ("smtps://u:p@mail.example.org", MailServer("mail.example.org", 465, "u", "p", "tls")),
        ("smtp://u:p@127.0.0.1:1025?tls=none", MailServer("127.0.0.1", 1025, "u", "p", "none")),
    ],
)
def test_a_url_names_a_mail_server(url: str, server: MailServer) -> None:
    assert MailServer.of(url) == server


@pytest.mark.parametrize("url", ["http://mail.example.org", "smtp://", "mail.example.org:25"])
def test_another_url_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(ValueError, match="give a URL such as smtp://user:password@host:587"):
        MailServer.of(url)


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("smtp://u:hidden@mail.example.org?tls=off", "tls=none"),
        ("smtp://u:hidden@mail.example.org?tls=none&x=1", "tls=none"),
        ("smtps://u:hidden@mail.example.org?tls=none", r"smtp:// alone"),
        ("smtp://:hidden@mail.example.org", "a password needs a user"),
    ],
)
def test_what_would_not_be_obeyed_is_refused_and_the_password_is_not_repeated(url: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy) as raised:
        MailServer.of(url)
    assert "hidden" not in str(raised.value)


def test_a_mail_server_is_shown_without_its_password() -> None:
    assert "hidden" not in repr(MailServer.of("smtp://u:hidden@mail.example.org"))
