"""What becomes of alerts, in figures: how fast they are answered, why targets lag, what is done about it."""
