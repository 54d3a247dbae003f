"""Digests in English."""

from typing import Final

from notifications.channels.mail.digest_words import DigestWords

ENGLISH: Final = DigestWords(
    title="{where}: open alerts: {open} (critical: {critical}), overdue: {overdue}",
    title_empty="{where}: no open alerts",
    everything="All units",
    opening={
        "day": "{where}: daily digest, from {since} to {until}.",
        "week": "{where}: weekly digest, from {since} to {until}.",
    },
    nothing="No alert is open, and nothing has changed in this time.",
    heading_changes="What changed in this time",
    changes={
        "raised": "New alerts",
        "worsened": "Got graver",
        "acknowledged": "Acknowledged",
        "timed_out": "Acknowledgements timed out without a report",
        "reported": "Reported",
        "report_overdue": "Reports became overdue",
        "remedy_done": "Remedies done",
        "remedy_missed": "Remedies missed",
        "escalated": "Escalated",
        "caught_up": "Caught up",
        "withdrawn": "Targets withdrawn",
        "ended": "Ended by somebody",
    },
    no_changes="Nothing has changed.",
    heading_open="Open now",
    open={
        "critical": "Critical",
        "warning": "Warnings",
        "unacknowledged": "Nobody acts on",
        "acknowledged": "Acknowledged, not reported",
        "reported": "Reported",
        "silenced": "Silenced",
    },
    heading_units="By unit",
    columns=("Unit", "Critical", "Warnings", "Nobody acts on", "Overdue"),
    unit="{name}: critical {critical}, warnings {warning}, nobody acts on {unacknowledged}, overdue {overdue}",
    more_units="and {n} more units.",
    itself="The unit itself, or of no unit",
    heading_overdue="Overdue: {n}",
    overdue={
        "acknowledgement": "{who}: nobody has acted on it since {at}",
        "report": "{who}: the report has not come, due {day}",
        "remedy": "{who}: a remedy was not done, due {day}",
    },
    heading_due="Due until the next digest: {n}",
    due={
        "acknowledgement": "{who}: nobody has acted on it since {at}",
        "report": "{who}: a report, due {day}",
        "remedy": "{who}: a remedy, due {day}",
    },
    remedy="{task}: {what} ({by})",
    more_tasks="and {n} more.",
    silenced="{task} [silenced]",
    heading_causes="Reported causes of open alerts",
    cause="{name}: {n}",
    heading_gravest="The gravest",
    next="Next digest: {at}.",
    label="Show the alert",
)
