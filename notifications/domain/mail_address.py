"""What a plain mail address looks like."""

from __future__ import annotations

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"


_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


_MAIL = re.compile(rf"(?=.{{1,254}}$)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)*(?![0-9]+$){_LABEL}")


def is_mail_address(text: str) -> bool:
    """Whether this is a plain mail address, such as ops@example.org (RFC 5321, 4.1.2, less quoted and literal forms).

    One that holds `=?` is none: a reader of mail may take it for an encoded word (RFC 2047) and show another.
    """
    return bool(_MAIL.fullmatch(text)) and "=?" not in text
