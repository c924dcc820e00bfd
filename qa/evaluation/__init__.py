"""A question set → metrics."""
