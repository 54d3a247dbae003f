"""What is sent of an alert, whatever the channel."""
