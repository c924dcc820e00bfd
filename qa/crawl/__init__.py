"""A web site → a folder of its pages, as they were served, for `qa build` to read."""
