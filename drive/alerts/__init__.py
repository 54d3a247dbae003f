"""What `drive alerts` asks the notifications service for, and how it looks in a terminal."""
