"""Enrolment events → use-cases."""

from __future__ import annotations

from services.contracts.enrolment import EnrolmentCancelled, EnrolmentCorrected, EnrolmentRecorded
from services.messaging.consumer import Handlers
from targets_api.counting.usecases import count

HANDLERS: Handlers = {EnrolmentRecorded: count, EnrolmentCorrected: count, EnrolmentCancelled: count}
