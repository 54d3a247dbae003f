"""The locks of the enrolment service, in the order in which a unit of work takes them.

1. REGISTRY, by whoever changes the registry; recording sign-ups does not take it.
2. Rows of the registry, in the order of the request: only the holder of REGISTRY writes them.
3. Rows of sign-ups that are changed, by id.
4. Participants who are changed, by id; then indexes of participants, in the order of the indexes, which processes share
   whose keys are in another order.
5. Rows of sign-ups that are recorded, by personal ID; a second one of a person after the first ones of all, those of
   voluntary insurance after those of health. Two batches that share people mostly wait for each other one way only; of
   two that do not, one is recorded again (`enrolments.recorder`).
6. CASES, by whoever opens cases of identity. Who decides them locks rows of cases, by id, and all others of the same
   people with them, before everything else: nobody locks rows of cases who holds any other. Then come all sign-ups that
   may change by the decisions, as 3 says, and all participants, as 4 says: not case by case. Sign-ups that are recorded
   after these were locked are taken along where nobody else has locked them (SKIP LOCKED).
7. Those of the chassis: FOLD, the rows of `resends` (SKIP LOCKED).
8. AUDIT, by whoever adds to the audit trail: the last, since everybody else who does waits for the commit.
"""

from typing import Final

from services.persistence.locks import AdvisoryLock

REGISTRY: Final = AdvisoryLock("registry", 0x72656769)
"""One change of the registry at a time: what one checks, another cannot move."""
CASES: Final = AdvisoryLock("cases of identity", 0x63617365)
"""One opening of cases after the other: so that a claim has one case, and that an organisation opens no more than it
may."""
AUDIT: Final = AdvisoryLock("audit trail", 0x61756469)
"""One entry of the audit trail after the other: each holds the hash of the one before."""
