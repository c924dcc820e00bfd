"""What a host's robots.txt allows, by RFC 9309: none there means all is allowed, none to be had means nothing is."""

from __future__ import annotations

from dataclasses import dataclass

from protego import Protego

from qa.crawl.addresses import normalise
from qa.crawl.fetch import AGENT, Reply
from qa.errors import AddressRefused

MAX_ROBOTS_BYTES = 512_000


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules for us; without ``rules`` all is allowed, or nothing when there is a ``fault``."""

    rules: Protego | None = None
    fault: str | None = None

    @classmethod
    def from_reply(cls, reply: Reply) -> Robots:
        """The rules in the reply to a request for robots.txt, at the end of its redirects."""
        if reply.status != 200:
            return cls()
        return cls(Protego.parse(reply.body.decode("utf-8-sig", "replace")))

    def refusal(self, url: str) -> str | None:
        """Why an address must not be fetched, or None."""
        if self.fault:
            return f"robots.txt can't be read: {self.fault}"
        return None if self.rules is None or self.rules.can_fetch(url, AGENT) else "disallowed by robots.txt"

    @property
    def delay_s(self) -> float:
        """Seconds between requests that the host asks for."""
        if self.rules is None:
            return 0.0
        rate = self.rules.request_rate(AGENT)
        return max(self.rules.crawl_delay(AGENT) or 0.0, rate.seconds / rate.requests if rate and rate.requests else 0)

    def sitemaps(self, base: str) -> tuple[str, ...]:
        """Addresses of the sitemaps that are named."""
        found: dict[str, None] = {}
        for address in self.rules.sitemaps if self.rules else ():
            try:
                found[normalise(address, base)] = None
            except AddressRefused:
                continue
        return tuple(found)
