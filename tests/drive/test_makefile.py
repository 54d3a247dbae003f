"""`make` on machines that are not like ours: other certificates, a Python without venv, one that keeps no bytecode."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ROOT = Path(__file__).parents[2]
UV = ROOT / ".venv" / "bin" / "uv"
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
WHEEL = "drive_probe-1.0-py3-none-any.whl"
PROJECT = """
[project]
name = "probe"
version = "0"
requires-python = ">=3.11"
dependencies = ["drive-probe"]

[tool.uv]
package = false

[[tool.uv.index]]
url = "{url}/simple"
default = true
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """The URL of a package index whose certificate is only in `ca.pem`, as behind a proxy that inspects TLS."""
    _certificate(tmp_path)
    page = tmp_path / "www" / "simple" / "drive-probe"
    page.mkdir(parents=True)
    (page / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>')
    with zipfile.ZipFile(page / WHEEL, "w") as wheel:
        wheel.writestr("drive_probe.py", "")
        about = "drive_probe-1.0.dist-info"
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: drive-probe\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "www"))) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(pem)


def _environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in CERTIFICATES}
    return {**kept, "UV_CACHE_DIR": str(folder / "cache"), "PIP_CONFIG_FILE": os.devnull, **more}


def _checkout(folder: Path) -> Path:
    checkout = folder / "checkout"
    checkout.mkdir()
    shutil.copy(ROOT / "Makefile", checkout)
    return checkout


def _make_setup(checkout: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "setup", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, check=False, capture_output=True, text=True)


def test_uv_trusts_the_certificates_that_pip_trusts(index: str, tmp_path: Path) -> None:
    checkout = _checkout(tmp_path)
    (checkout / "pyproject.toml").write_text(PROJECT.format(url=index))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    (checkout / ".venv/bin/uv").symlink_to(UV)
    known = {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    subprocess.run([UV, "lock", "--quiet"], cwd=checkout, env=_environment(tmp_path, **known), check=True)
    shutil.rmtree(tmp_path / "cache")
    unknown = _make_setup(checkout, _environment(tmp_path))
    assert unknown.returncode != 0
    assert "certificate" in unknown.stderr
    trusted = _make_setup(checkout, _environment(tmp_path, PIP_CERT=str(tmp_path / "ca.pem")))
    assert trusted.returncode == 0, trusted.stderr
    assert list((checkout / ".venv").rglob("drive_probe.py"))


def test_a_python_without_venv_is_told_what_to_install(tmp_path: Path) -> None:
    checkout = _checkout(tmp_path)
    for name in ("pyproject.toml", "uv.lock"):
        (checkout / name).touch()
    bare = checkout / "python"  # PYTHON may be a command with arguments: its path must not have blanks
    bare.write_text(f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexec "{sys.executable}" "$@"\n')
    bare.chmod(0o755)
    done = _make_setup(checkout, _environment(tmp_path), "PYTHON=./python")
    assert done.returncode != 0
    assert "apt-get install python3-venv" in done.stdout
    assert not (checkout / ".venv").exists()


def test_what_it_runs_keeps_its_bytecode_where_the_environment_says_not_to(tmp_path: Path) -> None:
    checkout = _checkout(tmp_path)
    (checkout / "probe.py").touch()
    (checkout / "probe.mk").write_text(f'probe:\n\t@"{sys.executable}" -c "import probe"\n')
    command = ["make", "-f", "Makefile", "-f", "probe.mk", "probe"]
    subprocess.run(command, cwd=checkout, env=_environment(tmp_path, PYTHONDONTWRITEBYTECODE="1"), check=True)
    assert list((checkout / "__pycache__").glob("probe.*.pyc"))
