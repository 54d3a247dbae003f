"""What will become of an alert, and who will be notified when, if nobody does anything."""
