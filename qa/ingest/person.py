"""A contact as data, before it has a place in a document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Whom one contacts; everything is copied as it stands."""

    name: str
    title: str | None = None
    unit: str | None = None
    responsibilities: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None
    verified: str | None = None

    def as_text(self) -> str:
        """A line for each thing known, so that it is searched and quoted like any text.

        >>> Person("Ada Berg", "Head", responsibilities=("twinning",)).as_text()
        'Ada Berg\\nHead\\n- twinning'
        """
        details = (self.name, self.title, self.unit, *(f"- {duty}" for duty in self.responsibilities))
        return "\n".join(line for line in (*details, self.email, self.phone) if line)
