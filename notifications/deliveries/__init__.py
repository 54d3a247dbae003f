"""The queue of messages to send, and the sender."""
