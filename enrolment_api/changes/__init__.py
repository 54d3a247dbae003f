"""What happens to a sign-up after it was recorded: submission, the agency's decision, correction, cancellation."""
