"""The conversations of the pages that are open, in memory only and no longer than they may go on.

Gradio would keep such a state itself, at the price of a connection held open by every page: browsers allow six to one
host, so that the sixth page a visitor opened would never load.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from qa.web.drawing.turns import Turn

KEEP_S = 3 * 3600.0
MOST_TURNS = 10_000  # of all visits together, a visit that has none yet counted as one; a turn takes about 10 kB


class Visit:
    """One page: the language it is in, the turns of its conversation, and how the answer being given is stopped."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.turns: tuple[Turn, ...] = ()
        self._stopped = asyncio.Event()

    def answering(self) -> asyncio.Event:
        """For another answer; set once that is to stop."""
        self._stopped = asyncio.Event()
        return self._stopped

    def stop(self) -> None:
        """Stops the answer being given, if one is."""
        self._stopped.set()


class Visits:
    """Visits by the random name of their session. Those not used for ``KEEP_S`` are let go, and the oldest of too many.

    Used from the event loop only.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._kept: OrderedDict[str, tuple[float, Visit]] = OrderedDict()
        self._next_look: asyncio.TimerHandle | None = None

    def begin(self, session: str, language: str) -> None:
        """A page was opened."""
        self._use(session, Visit(language))
        size = sum(max(1, len(visit.turns)) for _, visit in self._kept.values())
        while size > MOST_TURNS:
            _, (_, oldest) = self._kept.popitem(last=False)
            size -= max(1, len(oldest.turns))

    def of(self, session: str) -> Visit | None:
        """The visit, or None when it was let go or began before the service did."""
        _, visit = self._kept.pop(session, (0.0, None))
        if visit is not None:
            self._use(session, visit)
        return visit

    def _use(self, session: str, visit: Visit) -> None:
        self._kept[session] = (self._now(), visit)
        self._kept.move_to_end(session)
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().call_later(KEEP_S, self.let_go)

    def let_go(self) -> None:
        """Forgets what was not used for long, and sees to it that the next is forgotten in time."""
        self._next_look = None
        while self._kept:
            name, (used, _) = next(iter(self._kept.items()))
            left_s = used + KEEP_S - self._now()
            if left_s > 0:
                self._next_look = asyncio.get_running_loop().call_later(left_s, self.let_go)
                return
            del self._kept[name]
