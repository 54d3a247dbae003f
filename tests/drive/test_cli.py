"""The command line refuses what cannot be right, and says what is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from drive.cli import app
from drive.hosting.configuration import read_configuration
from services.clock import SystemClock
from services.security.keys import load_secret_keys
from services.security.tokens import Tokens


def test_a_token_for_a_scope_that_does_not_exist_is_not_issued() -> None:
    done = CliRunner().invoke(app, ["token", "--org", "CT", "--scope", "progress:read enrolments:delete"])
    assert done.exit_code != 0
    assert "no such scope: enrolments:delete; there are admin" in done.output


def test_a_token_is_issued_to_a_person_of_an_organisation(tmp_path: Path) -> None:
    folder = {"DRIVE_DATA_DIR": str(tmp_path)}
    who = ["--org", "BHXH-38", "--subject", "hoa.le", "--name", "Lê Thị Hoa"]
    command = [sys.executable, "-m", "drive", "token", "--scope", "alerts:write", *who]
    token = subprocess.run(command, env={**os.environ, **folder}, capture_output=True, check=True, text=True).stdout
    tokens = Tokens(load_secret_keys(read_configuration(folder).common))
    actor = tokens.verify(token.strip(), SystemClock().now())
    assert (actor.organisation_code, actor.subject, actor.name) == ("BHXH-38", "hoa.le", "Lê Thị Hoa")
