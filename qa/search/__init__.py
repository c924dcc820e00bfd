"""Passages ↔ the index on disk; a question → Hits."""
