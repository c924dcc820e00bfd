"""Files → Documents → Passages."""
