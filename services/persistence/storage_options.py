"""Storage options that several tables share."""

from typing import Final

VACUUMED_BY_COUNT: Final = {
    "autovacuum_vacuum_scale_factor": 0,
    "autovacuum_vacuum_threshold": 5000,
    "autovacuum_vacuum_insert_scale_factor": 0,
    "autovacuum_vacuum_insert_threshold": 50000,
}
"""Of a table that is emptied as fast as it fills: a share of its rows says nothing."""
