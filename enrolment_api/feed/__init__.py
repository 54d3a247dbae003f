"""What was recorded, read as it is published."""
