"""The command line refuses what cannot be right, and says what is."""

from __future__ import annotations

from typer.testing import CliRunner

from drive.cli import app


def test_a_token_for_a_scope_that_does_not_exist_is_not_issued() -> None:
    done = CliRunner().invoke(app, ["token", "--org", "CT", "--scope", "progress:read enrolments:delete"])
    assert done.exit_code != 0
    assert "no such scope: enrolments:delete; there are admin" in done.output
