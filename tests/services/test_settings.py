"""Settings: what the environment may say, and what production refuses."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from pydantic import ValidationError

from drive.hosting.configuration import Configuration, read_configuration
from drive.hosting.services import SERVICES, ServiceName
from notifications.settings import NotificationsSettings
from services.settings import Settings


def notifications_of(configuration: Configuration) -> NotificationsSettings:
    """The settings of notifications."""
    settings = configuration.services["notifications"]
    assert isinstance(settings, NotificationsSettings)
    return settings


def test_without_an_environment_everything_is_embedded() -> None:
    configuration = read_configuration()
    assert configuration.common.amqp_url is None
    assert configuration.common.today is None
    assert [configuration.database(service) for service in SERVICES] == [None, None, None]
    assert [*configuration.addresses().values()] == [f"http://127.0.0.1:{port}" for port in (8001, 8002, 8003)]
    assert configuration.common.data_dir == Path(".data")
    assert notifications_of(configuration).webhook_allow == ()


def test_settings_are_read_by_their_documented_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DRIVE_DATA_DIR": "/var/lib/drive",
        "DATABASE_URL": "postgresql://u:p@db:5433/whatever",
        "TARGETS_DATABASE_URL": "postgres://t@other/own",
        "AMQP_URL": "amqp://broker/",
        "ENROLMENT_API_PORT": "9001",
        "DRIVE_HOST": "192.0.2.1",
        "DRIVE_TODAY": "2025-10-25",
        "SMTP_URL": "smtp://mail",
        "DRIVE_MAIL_FROM": "ops@example.org",
        "DRIVE_WEBHOOK_ALLOW": "127.0.0.0/8, ::1/128,",
    }.items():
        monkeypatch.setenv(name, value)
    configuration = read_configuration()
    settings, notifications = configuration.common, notifications_of(configuration)
    assert settings.data_dir == Path("/var/lib/drive")
    assert str(configuration.database("enrolment")) == "postgresql+asyncpg://u:***@db:5433/drive_enrolment"
    assert str(configuration.database("targets")) == "postgresql+asyncpg://t@other/own"
    assert settings.amqp_url == "amqp://broker/"
    assert configuration.api_url("enrolment") == "http://192.0.2.1:9001"
    assert settings.today == date(2025, 10, 25)
    assert (notifications.smtp_url, notifications.mail_from) == ("smtp://mail", "ops@example.org")
    assert notifications.webhook_allow == (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVE_TODAY", "")
    monkeypatch.setenv("AMQP_URL", "")
    assert (Settings().today, Settings().amqp_url) == (None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DRIVE_TODAY", "tomorrow"),
        ("ENROLMENT_API_PORT", "http"),
        ("DRIVE_WEBHOOK_ALLOW", "localhost"),
        ("DRIVE_ENV", "prod"),
        ("DATABASE_URL", "db.example:5432"),
        ("TARGETS_DATABASE_URL", "mysql://db/targets"),
        ("DATABASE_URL", "postgresql://db:99999"),
        ("DATABASE_URL", "postgresql://user:word@db:port/x"),
        ("AMQP_URL", "broker"),
        ("AMQP_URL", "http://broker/"),
        ("AMQP_URL", "amqp://broker:port/"),
        ("SMTP_URL", "mail:25"),
        ("TARGETS_API_PORT", "99999"),
        ("DRIVE_SECRET_KEYS", "much-too-short"),
        ("DRIVE_SECRET_KEYS", "a"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name) as refused:
        read_configuration()
    assert f"input_value='{value}'" not in str(refused.value), "it may be a secret"


def test_production_refuses_a_pinned_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVE_ENV", "production")
    monkeypatch.setenv("DRIVE_SECRET_KEYS", "k" * 43)
    monkeypatch.setenv("DRIVE_TODAY", "2025-10-25")
    with pytest.raises(ValidationError, match="DRIVE_TODAY is refused"):
        Settings()


def test_production_requires_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVE_ENV", "production")
    with pytest.raises(ValidationError, match="DRIVE_SECRET_KEYS is required"):
        Settings()


@pytest.mark.parametrize("service", SERVICES)
def test_a_worker_and_an_api_never_share_a_port(service: ServiceName) -> None:
    configuration = read_configuration()
    assert configuration.api_url(service) != configuration.worker_url(service)


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings(
        secret_keys="hidden--" * 6, database_url="postgresql://u:hidden@db/x", amqp_url="amqp://u:hidden@b"
    )
    assert "hidden" not in repr(settings)


SENDERS = ["drive@bhxh.example", "Drive <drive@bhxh.example>", "BHXH Thanh Hóa <drive@bhxh.example>", "drive@localhost"]
NO_SENDERS = [
    *("drive", "Drive <drive>", "a@b@c", "Drive drive@b.example", "a@b.example\r\nBcc: c@d.example", "<>", "a b@c"),
    *("=?utf-8?q?a?=@b.example", "Drive <=?utf-8?q?a?=@b.example>", "a@127.0.0.1", f"{'a' * 65}@b.example", " <a@b>x"),
    *("a@b.example, c@d.example", "drive@localhost (office)", "<drive@b.example>", "a..b@x.example", "a@-x.example"),
]


@pytest.mark.parametrize("sender", SENDERS)
def test_a_sender_is_an_address_with_or_without_a_name(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    monkeypatch.setenv("DRIVE_MAIL_FROM", sender)
    assert NotificationsSettings().mail_from == sender


@pytest.mark.parametrize("sender", NO_SENDERS)
def test_what_no_mail_can_be_sent_from_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, sender: str
) -> None:
    monkeypatch.setenv("DRIVE_MAIL_FROM", sender)
    with pytest.raises(ValidationError, match=r"DRIVE_MAIL_FROM[\s\S]*give a mail address"):
        NotificationsSettings()


ODD = "p@ss:w/ord#1%2$ ü?&"
"""A password with every sign that means something in a URL."""


def test_a_password_that_is_given_beside_the_urls_may_hold_any_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://drive@db:5433/postgres")
    monkeypatch.setenv("TARGETS_DATABASE_URL", "postgresql://t:its-own@other/own")
    monkeypatch.setenv("DATABASE_PASSWORD", ODD)
    monkeypatch.setenv("AMQP_URL", "amqp://drive@broker:5672/vhost")
    monkeypatch.setenv("AMQP_PASSWORD", ODD)
    configuration = read_configuration()
    enrolment, targets = configuration.database("enrolment"), configuration.database("targets")
    assert enrolment
    assert targets
    assert (enrolment.username, enrolment.password, enrolment.database) == ("drive", ODD, "drive_enrolment")
    assert targets.password == "its-own"
    broker = urlsplit(configuration.common.broker_url() or "")
    assert (broker.username, unquote(broker.password or ""), broker.hostname) == ("drive", ODD, "broker")
    assert (broker.port, broker.path) == (5672, "/vhost")
    assert ODD not in repr(configuration)


def test_tls_of_postgresql_is_demanded_by_the_word_that_other_programs_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://drive@db/postgres?sslmode=verify-full")
    database = read_configuration().database("targets")
    assert database
    assert dict(database.query) == {"ssl": "verify-full"}


@pytest.mark.parametrize(
    ("query", "named"), [("sslmode=yes", "verify-full"), ("sslrootcert=/ca.pem", "sslrootcert: .*PGSSLROOTCERT")]
)
def test_a_parameter_that_the_driver_does_not_take_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, query: str, named: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://drive@db/postgres?{query}")
    with pytest.raises(ValidationError, match=named):
        read_configuration()


def test_a_password_that_breaks_its_url_is_told_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://drive:hid@den@db:5432/postgres")
    with pytest.raises(ValidationError, match="DATABASE_PASSWORD") as refused:
        read_configuration()
    assert "hid" not in str(refused.value)
