"""The people who were signed up: each is one participant, stored sealed, and found by a blind index."""
