"""What has become of each alert: who did what, when and why. It has a table of its own below alerts, whose changes it
records, and is only ever added to."""
