"""What to do once the story is over: commands that work as they are printed."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Final

from drive.demo.places import AGENCY, CAM_THACH, PROVINCE
from drive.demo.province.sign_ups import SCHEME
from drive.hosting.configuration import Configuration
from services.settings import Settings

_TEXT: Final = """
The services keep running, on the last day of the story; Ctrl-C ends them.
In another terminal, in this folder, ask for progress of a commune and of the
province, the ranking of its communes, the shares of its target, who set that,
and alerts:

export TOKEN=$({drive} token --org {agency} \\
  --scope "progress:read alerts:read")
targets={targets}
ask() {{ curl -s -H "Authorization: Bearer $TOKEN" "$@"; echo; }}
ask "$targets/v1/progress/units/{unit}?scheme=household_health"
ask "$targets/v1/progress/units/{province}?scheme={scheme}"
ask "$targets/v1/progress/units/{province}/children?scheme={scheme}"
ask "$targets/v1/rankings?level=commune&under={province}&scheme={scheme}"
target=$(ask "$targets/v1/targets?unit_code={province}" | cut -d '"' -f 6)
ask $targets/v1/targets/$target/tree
ask $targets/v1/targets/$target/history
ask {notifications}/v1/alerts

docs/guide.md goes on from here: a sign-up, its progress, an alert."""


def what_next(configuration: Configuration, asked: Configuration) -> str:
    """For services with this configuration, made of the one that was asked for."""
    addresses = configuration.addresses()
    return _TEXT.format(
        drive=_command(asked.common),
        agency=AGENCY,
        unit=CAM_THACH.code,
        province=PROVINCE,
        scheme=SCHEME,
        targets=addresses["targets"],
        notifications=addresses["notifications"],
    )


def _command(settings: Settings) -> str:
    """`drive` as it was started, for the data dir that it was started with."""
    program = Path(sys.argv[0])
    if program.name != "drive":  # python -m drive
        program = Path(sys.executable).with_name("drive")
    is_default = settings.data_dir == Settings.model_fields["data_dir"].default
    data_dir = "" if is_default else f"DRIVE_DATA_DIR={shlex.quote(str(settings.data_dir))} "
    return f"{data_dir}{shlex.quote(str(program))}"
