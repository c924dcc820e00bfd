"""A visitor whose network is slow: what lasts a moment lasts long enough to be seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright import sync_api

from tests.web.visit import Visit

# News held back as by a slow network: each by so long, Gradio's last word about an event by a second (by then the
# answer stands on the page). Of the page's own patience little is left.
_SLOW = """
const later = window.setTimeout;
window.setTimeout = (deed, ms, ...more) => later(deed, ms === 15_000 ? 2_000 : ms, ...more);
const fetched = window.fetch;
window.fetch = async (...asked) => {
  const reply = await fetched(...asked);
  if (!reply.url.includes("queue/data")) return reply;
  const late = new TransformStream({
    async transform(chunk, stream) {
      const isLast = new TextDecoder().decode(chunk).includes("process_completed");
      await new Promise((done) => later(done, isLast ? 1_000 : window.slow ?? 0));
      stream.enqueue(chunk);
    },
  });
  return new Response(reply.body.pipeThrough(late), reply);
};
"""


@pytest.fixture
def slow(browser: sync_api.Browser, address: str) -> Iterator[Visit]:
    visit = Visit(browser, address, script=_SLOW)
    yield visit
    visit.close()
