"""``qa crawl``: a web site becomes a folder of pages, for ``qa build`` to read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.commands.common import plain, print_json, settings_of
from qa.progress import progress_bar

if TYPE_CHECKING:
    from qa.crawl.records import Report


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    crawl = commands.add_parser(
        "crawl",
        help="fetch a site into a folder for `qa build`",
        description="Fetch a site into a folder for `qa build`; with no address, fetch again those of the folder.",
        epilog="Example: qa crawl https://www.example.org/ --out crawled",
    )
    crawl.add_argument("addresses", nargs="*", metavar="URL", help="where to start")
    crawl.add_argument(
        "--list",
        action="append",
        default=[],
        type=Path,
        dest="lists",
        metavar="FILE",
        help="fetch the pages listed in a file, one a line or a sitemap, and no links of theirs",
    )
    crawl.add_argument("--out", type=Path, metavar="DIR", dest="crawl_dir", help="folder to save pages in")
    crawl.add_argument(
        "--host", action="append", default=[], dest="hosts", metavar="NAME", help="a further host of the site"
    )
    crawl.add_argument(
        "--include", action="append", default=[], metavar="PATTERN", help="only paths like this, as in '/fi/*'"
    )
    crawl.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="no paths like this")
    crawl.add_argument("--delay", type=float, metavar="S", help="seconds between two requests to a host")
    crawl.add_argument("--max-pages", type=int, metavar="N", help="ask for at most N pages")
    crawl.add_argument("--max-depth", type=int, metavar="N", help="follow at most N links from a start address")
    crawl.add_argument(
        "--allow-private", action="store_true", help="fetch also from hosts that aren't on the public internet"
    )
    crawl.add_argument("--json", action="store_true", help="print JSON, with a line for every address")
    crawl.set_defaults(run=run, index=None, host=None)


def run(options: argparse.Namespace) -> int:
    """Crawls and prints what came of it."""
    from qa.crawl.crawl import crawl
    from qa.crawl.plan import listed_in, plan_of

    listed = [address for file in options.lists for address in listed_in(file)]
    plan = plan_of({**vars(options), "listed": listed})
    with progress_bar() as progress:
        report = crawl(settings_of(options), plan, progress)
    if options.json:
        print_json(plain(report) | {"reasons": report.reasons})
    else:
        _print(report)
    for line in report.lost:
        print(f"qa: {line.url}: {line.reason}", file=sys.stderr)
    return 1 if report.lost else 0


def _print(report: Report) -> None:
    for line in report.of("removed"):
        print(f"removed {line.url}: {line.reason}")
    for reason, count in report.reasons.items():
        example = next((line.url for line in report.of("failed") if line.reason == reason), None)
        print(f"{count:6,} {reason}" + (f", such as {example}" if example else ""))
    counts = ", ".join(f"{len(report.of(word)):,} {word}" for word in ("added", "changed", "unchanged", "removed"))
    print(f"{report.files:,} pages kept: {counts}; {report.size / 1e6:.1f} MB fetched in {report.seconds:.0f} s")
