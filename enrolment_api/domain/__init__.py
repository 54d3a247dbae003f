"""Who is signed up and for how much: pure rules, no I/O."""
