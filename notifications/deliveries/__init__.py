"""The queue of what is to be told, and the channels it leaves by."""
