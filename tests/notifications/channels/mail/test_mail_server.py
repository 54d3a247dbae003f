"""SMTP_URL."""

from __future__ import annotations

import pytest

from notifications.channels.mail.smtp import MailServer


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", MailServer("mail.example.org", 25, None, None, tls=False)),
        ("smtp://u:p%40ss@mail.example.org:587", MailServer("mail.example.org", 587, "u", "p@ss", tls=False)),
        ("smtps://u:p@mail.example.org", MailServer("mail.example.org", 465, "u", "p", tls=True)),
    ],
)
def test_a_url_names_a_mail_server(url: str, server: MailServer) -> None:
    assert MailServer.of(url) == server


@pytest.mark.parametrize("url", ["http://mail.example.org", "smtp://", "mail.example.org:25"])
def test_another_url_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL: give smtp://"):
        MailServer.of(url)
