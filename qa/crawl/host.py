"""One host, politely: few requests at a time, a pause between them, its robots.txt, patience when it falters."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from qa.crawl.addresses import origin_of
from qa.crawl.fetch import Fetcher, Refuse, Reply
from qa.crawl.robots import MAX_ROBOTS_BYTES, Robots
from qa.errors import AddressRefused, FetchFailed

_TRIES = 3
_MAX_WAIT_S = 300.0
_MAX_FAILURES = 10


class Host:
    """A host that is asked at most ``connections`` times at once, and every ``delay_s`` seconds or less often."""

    def __init__(self, fetcher: Fetcher, *, delay_s: float = 1.0, connections: int = 2, retry_s: float = 2.0) -> None:
        self._fetcher = fetcher
        self._slots = asyncio.Semaphore(connections)
        self._delay_s = delay_s
        self._retry_s = retry_s
        self._turns = asyncio.Lock()
        self._next_s = 0.0
        self._failures = 0
        self._robots: dict[str, Robots] = {}
        self._reading = asyncio.Lock()

    async def robots(self, url: str) -> Robots:
        """The rules for an address; what they say of pauses is obeyed from then on."""
        origin = origin_of(url)
        async with self._reading:
            if origin not in self._robots:
                self._robots[origin] = await self._read_robots(origin)
                self._delay_s = max(self._delay_s, self._robots[origin].delay_s)
        return self._robots[origin]

    async def _read_robots(self, origin: str) -> Robots:
        try:
            return Robots.from_reply(await self.follow(f"{origin}/robots.txt", max_bytes=MAX_ROBOTS_BYTES, cut=True))
        except AddressRefused as error:
            return Robots(fault=f"it {error}")
        except FetchFailed as error:
            return Robots(fault=str(error))

    async def get(self, url: str, headers: dict[str, str], refuse: Refuse) -> Reply:
        """The reply to one request, when it is its turn. Raises FetchFailed and AddressRefused."""
        return await self._patiently(lambda: self._fetcher.get(url, headers, refuse=refuse))

    async def follow(self, url: str, *, max_bytes: int, cut: bool = False) -> Reply:
        """The reply after redirects. Raises FetchFailed and AddressRefused."""
        return await self._patiently(lambda: self._fetcher.follow(url, max_bytes=max_bytes, cut=cut))

    async def _patiently(self, ask: Callable[[], Awaitable[Reply]]) -> Reply:
        """Asks again, ever later, while the fault may pass; no more once the host has failed many times running."""
        for attempt in range(1, _TRIES + 1):
            if self._failures >= _MAX_FAILURES:
                raise FetchFailed("its host has failed too often", is_temporary=True)
            try:
                async with self._slots:
                    await self._turn()
                    reply = await ask()
            except FetchFailed as error:
                if not error.is_temporary:
                    raise
                wait_s = self._retry_s * 2 ** (attempt - 1) if error.wait_s is None else error.wait_s
                if wait_s > _MAX_WAIT_S:
                    self._failures += 1
                    told = f"{error}, and its host asks for {math.ceil(wait_s / 60):,} minutes of rest"
                    raise FetchFailed(told, is_temporary=True) from None
                if attempt == _TRIES:
                    self._failures += 1
                    raise
                self._pause(wait_s, for_all=error.wait_s is not None)
                await asyncio.sleep(wait_s)
            else:
                self._failures = 0
                return reply
        raise AssertionError("the last try returns or raises")

    def _pause(self, wait_s: float, *, for_all: bool) -> None:
        if for_all:  # the host itself has asked for a rest
            self._next_s = max(self._next_s, asyncio.get_running_loop().time() + wait_s)

    async def _turn(self) -> None:
        """Waits until the pause since the last request is over, also one that is asked for meanwhile."""
        now_s = asyncio.get_running_loop().time
        async with self._turns:
            while (wait_s := self._next_s - now_s()) > 0:
                await asyncio.sleep(wait_s)
            self._next_s = now_s() + self._delay_s
