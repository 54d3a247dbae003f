"""Templates: those of an operator take the place of the built-in ones, are tried when a process starts, and never keep
an alert from being sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import ValidationError

from notifications.channels.chat.compose import compose as compose_chat
from notifications.channels.digest_samples import digests_of
from notifications.channels.mail.compose import Sender, compose_mail
from notifications.channels.mail.rendering import NAMES, Renderer
from notifications.channels.templates import SAMPLE, check_templates, preview
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.settings import NotificationsSettings
from services.errors import Invalid
from tests.notifications.channels.mail.test_html import html_of
from tests.notifications.channels.mail.test_text import a_notice, message, plain, read
from tests.notifications.service import MakeService

ALERT = AlertSnapshot.model_validate(SAMPLE)
DIGEST = dict(digests_of([ALERT]))["a digest by the week"]


def settings(folder: Path | None) -> NotificationsSettings:
    """With this folder of templates."""
    return NotificationsSettings.model_validate(
        {"DRIVE_TEMPLATES_DIR": folder, "public_url": "https://drive.example.org"}
    )


def write(folder: Path, **templates: str) -> Path:
    """Templates by their names, `__` for a slash and `_` for a dot."""
    for name, content in templates.items():
        file = folder / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


def sender(folder: Path) -> Sender:
    """One with these templates."""
    return Sender("drive@bhxh.example", "https://drive.bhxh.example", Renderer(folder))


def test_the_built_in_templates_render_every_sample() -> None:
    Renderer(Path(__file__).parent / "nothing")
    check_templates(settings(None))


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("digest.")])
def test_each_can_be_seen_with_the_data_of_a_real_alert(name: str, language: Any) -> None:
    text = preview(name, language, ALERT, settings(None))
    says = {"vi": ("cần đạt", "Cần đạt"), "en": ("expected", "Expected")}[language]
    assert any(each in text for each in says)
    assert "cid:" not in text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("mail.")])
def test_each_can_be_seen_with_the_data_of_a_digest(name: str, language: Any) -> None:
    text = preview(name, language, DIGEST, settings(None))
    assert "Tỉnh Thanh Hóa" in text
    assert "cid:" not in text


def test_a_template_of_the_other_kind_says_what_it_needs() -> None:
    with pytest.raises(Invalid, match=r"digest\.txt is no template of this: give the answer of GET /v1/digests/"):
        preview("digest.txt", "vi", ALERT, settings(None))
    with pytest.raises(Invalid, match=r"mail\.txt is no template of this: give the answer of GET /v1/alerts/"):
        preview("mail.txt", "vi", DIGEST, settings(None))


def test_an_own_template_takes_the_place_of_the_built_in_one_in_its_language(tmp_path: Path) -> None:
    folder = write(tmp_path, vi__mail_txt="Kính gửi {{ route }}: {{ view.opening }}\n", chat_txt="{{ view.title }}!")
    sent = message(a_notice())
    assert plain(read(sent, sender(folder))) == "Kính gửi ops: Xã Cẩm Thạch: chậm so với tiến độ của chỉ tiêu.\n"
    assert "What to do" in plain(read(message(a_notice(), language="en"), sender(folder)))
    assert compose_chat(sent, sender(folder)).text.endswith("tỷ lệ bao phủ)!")


def test_an_own_subject_can_add_no_header(tmp_path: Path) -> None:
    folder = write(tmp_path, subject_txt="Drive\r\nBcc: evil@example.org\n")
    mail = read(message(a_notice()), sender(folder))
    assert (mail["subject"], mail["bcc"]) == ("Drive Bcc: evil@example.org", None)


def test_an_own_html_escapes_what_it_is_given(tmp_path: Path) -> None:
    folder = write(tmp_path, mail_html="<p>{{ alerts[0].unit_name }}</p>")
    assert "<p>&lt;b&gt;</p>" in html_of(read(message(a_notice(unit_name="<b>")), sender(folder)))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("mail_txt", "a\n{% if %}", "mail.txt:2: "),
        ("mail_txt", "a\nb {{ nothing }}", "mail.txt:2: 'nothing' is undefined"),
        ("vi__mail_html", "\n\n{{ view.opening.nothing }}", "vi/mail.html:3: "),
        ("chat_txt", "{{ ''.__class__.__mro__ }}", "chat.txt:1: "),
        ("chat_txt", "{% for n in range(100000) %}{% endfor %}", "range has 1000 numbers at most"),
        ("chat_txt", "{{ 'x' * 1000000000 }}", "made 100000 letters long at most"),
        ("chat_txt", "{{ 10 ** 1000000000 }}", "powers are 100 at most"),
        (
            "mail_txt",
            "{% set n = range(1000) %}\n{% for a in n %}{% for b in n %}{% for c in n %}{% endfor %}{% endfor %}"
            "{% endfor %}",
            "mail.txt:2: TimeoutError: takes more than 2 s",
        ),
        ("mail_html", "{% for n in range(100) %}{{ 'x' * 90000 }}{% endfor %}", "makes more than 4000000 letters"),
        ("chat_txt", "{{ view | attr('__class__') }}", "chat.txt:1: access to attribute '__class__'"),
        ("chat_txt", "{{ view.words.number.__globals__ }}", "chat.txt:1: access to attribute '__globals__'"),
        ("chat_txt", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "RecursionError"),
        ("subject_txt", "{% include '/etc/passwd' %}", "subject.txt:1: "),
        ("mail_md", "", "mail.md: no template has this name"),
        ("fr__mail_txt", "", "no template has this name"),
    ],
)
def test_a_template_that_cannot_be_rendered_is_named_with_its_line(
    tmp_path: Path, name: str, content: str, says: str
) -> None:
    folder = write(tmp_path, **{name: content})
    with pytest.raises(Invalid, match="DRIVE_TEMPLATES_DIR") as refused:
        check_templates(settings(folder))
    assert says in str(refused.value)


async def test_neither_api_nor_worker_starts_with_a_template_that_cannot_be_rendered(
    make_service: MakeService, tmp_path: Path
) -> None:
    folder = tmp_path / "templates"
    with pytest.raises(Invalid, match=r"chat\.txt:1"):
        await make_service(templates_dir=write(folder, chat_txt="{{ nothing }}"))
    service = await make_service()
    changed = service.runtime.settings.model_copy(update={"templates_dir": folder})
    object.__setattr__(service.runtime, "settings", changed)
    with pytest.raises(Invalid, match=r"chat\.txt:1"):
        service.sender()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="DRIVE_TEMPLATES_DIR"):
        settings(tmp_path / "nowhere")


def test_a_template_that_fails_for_one_alert_is_logged_and_the_built_in_one_is_sent(tmp_path: Path) -> None:
    folder = write(tmp_path, mail_txt="{{ 1 / (alerts[0].version - 7) }}")
    check_templates(settings(folder))
    with structlog.testing.capture_logs() as logs:
        content = compose_mail(message(a_notice(version=7)), sender(folder)).content
    assert b"multipart/alternative" in content
    [line] = [each for each in logs if each["event"] == "template_failed"]
    assert line["reason"].startswith(f"{folder}/mail.txt:1: ")


def drive(given: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line."""
    command = [sys.executable, "-m", "drive", "templates", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, input=given)


def test_the_command_shows_a_template_with_what_the_api_says_of_an_alert() -> None:
    done = drive(ALERT.model_dump_json(), "preview", "page.html", "--language", "en")
    assert done.returncode == 0, done.stderr
    assert "lags behind the target" in done.stdout
    assert "data:image/png;base64," in done.stdout


def test_the_command_shows_a_template_with_what_the_api_says_of_a_digest() -> None:
    done = drive(DIGEST.model_dump_json(), "preview", "digest.txt", "--language", "en")
    assert done.returncode == 0, done.stderr
    assert "weekly digest" in done.stdout


@pytest.mark.parametrize(
    ("given", "name", "says"), [("{}", "mail.txt", "no answer of GET /v1/alerts/"), ("", "x", "no template x")]
)
def test_the_command_says_in_one_line_what_is_wrong(given: str, name: str, says: str) -> None:
    done = drive(given or ALERT.model_dump_json(), "preview", name)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert says in done.stderr
