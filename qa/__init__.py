"""Kysy: multilingual question answering over an association's own documents."""

__version__ = "0.1.0"
