"""Who saw personal data in clear: written before the answer is sent, read by the agency, verified by operators."""
