"""How the answers of a mail server are judged."""

from __future__ import annotations

from notifications.channels.mail.answers import of_smtp_answer
from notifications.domain.delivery import Refused, Retry


def test_a_mail_servers_answer_to_the_recipient_or_the_text_is_final() -> None:
    assert of_smtp_answer("RCPT", 550, "no such mailbox") == Refused("RCPT: SMTP 550: no such mailbox")
    assert of_smtp_answer("text", 554, "spam") == Refused("text: SMTP 554: spam")
    assert of_smtp_answer("RCPT", 421, "closing") == Retry("RCPT: SMTP 421: closing")


def test_a_mail_servers_refusal_of_the_session_is_not_final() -> None:
    assert of_smtp_answer("connect", 535, "bad login") == Retry("connect: SMTP 535: bad login")
    assert of_smtp_answer("MAIL", 550, "policy") == Retry("MAIL: SMTP 550: policy")
    assert of_smtp_answer("RCPT", 530, "log in first") == Retry("RCPT: SMTP 530: log in first")
