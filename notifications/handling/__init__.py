"""What people do about alerts: acknowledge, report, follow remedies up, end by hand; and what the clock finds due."""
