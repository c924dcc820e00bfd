"""A question and its Hits → an Answer."""
