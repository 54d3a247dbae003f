"""The whole province: 166 communes with shared-out targets, and the last 60 days of the year."""
