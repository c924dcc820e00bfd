"""The commands of ``qa``: one module a family; each has ``add(commands)``."""
