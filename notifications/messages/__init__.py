"""An alert and its changes as they are passed on and sent, whatever the channel."""
