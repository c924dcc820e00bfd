"""``qa crawl`` as a person meets it, and from a site to an answer."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from qa.cli import main
from qa.ingest.corpus import read_corpus
from qa.settings import PROJECT_DIR
from tests.crawl.conftest import below_host, metas
from tests.crawl.server import LocalServer, Served
from tests.crawl.site import html

Captured = pytest.CaptureFixture[str]
QUIET = ["--allow-private", "--delay", "0"]


@pytest.fixture
def association(server: LocalServer) -> LocalServer:
    """A page in Swedish and in Finnish, told apart by the sitemap alone, and a page that is nobody's version."""
    swedish = "<h1>Vänorter</h1><p>Vänortsutmärkelsen delades ut första gången år 1987 i Ekstad.</p>"
    finnish = "<h1>Ystävyyskunnat</h1><p>Ystävyyskuntapalkinto jaettiin ensimmäisen kerran vuonna 1987 Ekstadissa.</p>"
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{server.url}/{code}/award"/>' for code in ("sv", "fi")
    )
    urls = "".join(
        f"<url><loc>{server.url}/{code}/award</loc><lastmod>2024-05-31</lastmod>{links}</url>" for code in ("sv", "fi")
    )
    server.pages |= {
        "/": Served(html('<h1>Start</h1><p>Welcome to the association.</p><a href="/fees">Fees</a>')),
        "/sv/award": Served(f"<html lang=sv><title>Vänorter</title><main>{swedish}".encode("latin-1"),
                            content_type="text/html; charset=ISO-8859-1"),
        "/fi/award": Served(html(finnish, lang="fi", title="Ystävyyskunnat")),
        "/fees": Served(html("<h1>Fees</h1><p>The membership fee is 4,250 euros a year.</p>", title="Fees")),
        "/sitemap.xml": Served(f'<urlset xmlns:xhtml="http://www.w3.org/1999/xhtml">{urls}</urlset>'.encode()),
    }  # fmt: skip
    return server


def test_from_a_site_to_an_answer_that_cites_the_page(
    association: LocalServer, tmp_path: Path, capsys: Captured
) -> None:
    out, index = str(tmp_path / "crawled"), str(tmp_path / "index")
    assert main(["crawl", association.url, "--out", out, *QUIET]) == 0
    assert re.fullmatch(r"4 pages kept: 4 added, .*\n", capsys.readouterr().out)
    assert main(["build", "--corpus", out, "--index", index]) == 0
    capsys.readouterr()
    asked_before = len(association.asked)
    answers = []
    for question in ("How much is the membership fee?", "Vilket år delades vänortsutmärkelsen ut första gången?"):
        assert main(["ask", question, "--index", index, "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert len(association.asked) == asked_before  # building and asking need no network
    [fee, award] = answers
    assert "4,250" in fee["answer"]
    assert fee["citations"][0]["url"] == f"{association.url}/fees"
    assert "första gången år 1987" in award["answer"]
    assert award["citations"][0]["url"] == f"{association.url}/sv/award"
    assert award["citations"][0]["updated"] == "2024-05-31"


def test_language_versions_that_only_the_sitemap_tells_of_are_one_page(
    association: LocalServer, tmp_path: Path
) -> None:
    assert main(["crawl", association.url, "--out", str(tmp_path / "out"), *QUIET]) == 0
    documents, skipped = read_corpus(tmp_path / "out")
    assert skipped == ()
    ids = {document.path.split("/", 1)[1]: document.id for document in documents}
    assert ids["sv/award"] == ids["fi/award"] == f"{association.url}/fi/award"
    assert len(set(ids.values())) == 3
    languages = {document.path.split("/", 1)[1]: document.language for document in documents}
    assert (languages["sv/award"], languages["fi/award"], languages["fees"]) == ("sv", "fi", "en")
    [swedish] = [document for document in documents if document.path.endswith("sv/award")]
    assert "Vänortsutmärkelsen" in swedish.text  # its charset is told by the server alone
    assert (swedish.url, swedish.updated) == (f"{association.url}/sv/award", "2024-05-31")


def test_the_report_as_json(association: LocalServer, tmp_path: Path, capsys: Captured) -> None:
    association.pages["/fees"] = Served(b"", 404)
    assert main(["crawl", association.url, "--out", str(tmp_path / "out"), "--json", *QUIET]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["files"], told["reasons"]) == (3, {"HTTP 404": 1})
    lines = {below_host(line["url"]): (line["outcome"], line["reason"]) for line in told["lines"]}
    assert lines == {
        "/": ("added", None), "/sv/award": ("added", None), "/fi/award": ("added", None),
        "/fees": ("skipped", "HTTP 404"),
    }  # fmt: skip


def test_what_was_removed_and_passed_over_is_printed(
    association: LocalServer, tmp_path: Path, capsys: Captured
) -> None:
    out = str(tmp_path / "out")
    assert main(["crawl", association.url, "--out", out, *QUIET]) == 0
    association.pages["/fees"] = Served(b"", 410)
    association.pages["/"] = Served(html("<a href=/x>x</a><a href=/y>y</a>"))
    capsys.readouterr()
    assert main(["crawl", "--out", out, "--delay", "0"]) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == [f"removed {association.url}/fees: HTTP 410", "     2 HTTP 404"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], r"out remembers no site: give an address, as in qa crawl https://…"),
        (["ftp://example.org"], "'ftp://example.org' is no http.* address: give an address such as"),
        (["https://user@example.org"], "'https://user@example.org' names a user"),
        (["http://2130706433/"], "'http://2130706433/' has no proper host"),
        (["http://127.0.0.1/"], "nothing could be fetched: .* it is not on the public internet; --allow-private"),
        (["http://localhost:22/"], "nothing could be fetched: http://localhost:22/: .* it is on port 22"),
        (["https://example.org", "--delay", "-1"], "--delay -1.0: expected 0 to 3600 seconds"),
        (["https://example.org", "--delay", "nan"], "--delay nan: expected 0 to 3600 seconds"),
        (["https://example.org", "--max-pages", "0"], "--max-pages 0: expected 1 to 1000000"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], message: str, tmp_path: Path, capsys: Captured) -> None:
    assert main(["crawl", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert re.fullmatch(f"qa: .*{message}.*\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    "listed",
    [
        "# pages of ours\n\n{0}/fees\n{0}/sv/award\n",
        "\ufeff<urlset><url><loc>{0}/fees</loc></url><url><loc>{0}/sv/award</loc></url></urlset>",
    ],
)
def test_a_list_of_pages_is_fetched_and_no_more(
    association: LocalServer, tmp_path: Path, capsys: Captured, listed: str
) -> None:
    association.pages["/fees"] = Served(html('<p>The fee is 4,250 euros.</p><a href="/">Start</a>'))
    out, file = str(tmp_path / "out"), tmp_path / "urls.txt"
    file.write_text(listed.format(association.url), "utf-8")
    assert main(["crawl", "--list", str(file), "--out", out, *QUIET]) == 0
    assert {below_host(url) for url in metas(tmp_path / "out")} == {"/fees", "/sv/award"}
    assert sorted(association.paths()) == ["/fees", "/sv/award"]
    assert main(["crawl", "--out", out, "--delay", "0"]) == 0  # the list is remembered
    assert "2 unchanged" in capsys.readouterr().out
    association.pages["/fees"] = Served(b"", 404)
    assert main(["crawl", "--out", out, "--delay", "0"]) == 1
    assert capsys.readouterr().err == f"qa: {association.url}/fees: HTTP 404\n"


def test_a_sitemap_may_be_the_start(association: LocalServer, tmp_path: Path, capsys: Captured) -> None:
    assert main(["crawl", f"{association.url}/sitemap.xml", "--out", str(tmp_path / "out"), *QUIET]) == 0
    assert {below_host(url) for url in metas(tmp_path / "out")} == {"/fi/award", "/sv/award"}
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (b"", "lists no web address: write one a line"),
        (b"https://example.org/\nftp://example.org\n", "'ftp://example.org' is no http"),
        (b"<sitemapindex><sitemap><loc>https://example.org/a.xml</loc></sitemap></sitemapindex>", "further sitemaps"),
        (b"<html><p>Text.", "lists no web address"),
        (b"\x1f\x8b broken", "can't be unpacked"),
        (None, "can't be read .No such file or directory.: give a list of addresses"),
    ],
)
def test_a_list_that_is_none_is_one_line(listed: bytes | None, message: str, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "urls.txt"
    if listed is not None:
        file.write_bytes(listed)
    assert main(["crawl", "--list", str(file), "--out", str(tmp_path / "out")]) == 2
    assert re.fullmatch(f"qa: .*urls.txt.*{message}.*\n", capsys.readouterr().err)


def test_a_start_on_another_site_is_told_with_where_it_leads(
    association: LocalServer, tmp_path: Path, capsys: Captured
) -> None:
    association.pages["/"] = Served(b"", 301, headers=(("Location", "https://www.other.example/start"),))
    assert main(["crawl", association.url, "--out", str(tmp_path / "out"), *QUIET]) == 1
    told = "redirects to another site (https://www.other.example: start there, or add --host)"
    assert capsys.readouterr().err == f"qa: {association.url}/: {told}\n"


def test_a_fault_is_printed_with_an_example(association: LocalServer, tmp_path: Path, capsys: Captured) -> None:
    association.pages["/fees"] = Served(b"", 403)
    assert main(["crawl", association.url, "--out", str(tmp_path / "out"), *QUIET]) == 0
    assert f"     1 HTTP 403, such as {association.url}/fees\n" in capsys.readouterr().out


PAGES = 120


@pytest.mark.slow
def test_a_crawl_that_is_killed_at_any_moment_goes_on(server: LocalServer, tmp_path: Path) -> None:
    """Killed a dozen times: no file is half written, nothing settled is asked for again, nothing is missing."""
    bodies = {f"/page-{n}": html(f"<p>Page {n}</p>" + "x" * (n * 997 % 50_000)) for n in range(PAGES)}
    bodies["/"] = html("".join(f"<a href={path}>x</a>" for path in bodies))
    server.pages |= {path: Served(body) for path, body in bodies.items()}
    folder = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "qa",
        "crawl",
        server.url,
        "--out",
        str(folder),
        "--allow-private",
        "--delay",
        "0.01",
    ]
    random, kills = Random(7), 0
    while True:
        crawling = subprocess.Popen(command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        begun = len(server.asked)
        while len(server.asked) == begun and crawling.poll() is None:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.4))
        if kills < 12 and crawling.poll() is None:
            os.kill(crawling.pid, signal.SIGKILL)
            kills += 1
            crawling.communicate()
            assert_whole(folder, bodies)
            if is_finished(folder):  # all that was left to it was to say so, and what comes next is another crawl
                assert set(server.paths()) == set(bodies)
                server.asked.clear()
            continue
        out, err = crawling.communicate(timeout=60)
        break
    assert (crawling.returncode, err) == (0, "")
    assert kills >= 4
    assert f"{PAGES + 1} pages kept" in out
    assert {below_host(url) for url in metas(folder)} == set(bodies)
    assert_whole(folder, bodies)
    again = {path: n - 1 for path, n in Counter(server.paths()).items() if n > 1}
    assert sum(again.values()) <= 2 * kills, again  # the two under way when it was killed


def is_finished(folder: Path) -> bool:
    """Whether the crawl of a folder has come to its end."""
    with closing(sqlite3.connect(folder / ".crawl" / "state.sqlite")) as state:
        return state.execute("SELECT COUNT(*) FROM run").fetchone() == (0,)


def assert_whole(folder: Path, bodies: dict[str, bytes]) -> None:
    """Each file is what was served, each note is told of the file beside it."""
    for file in folder.rglob("*.html"):
        if ".crawl" not in file.parts:
            path = "/" if file.name == "index.html" else f"/{file.stem}"
            assert file.read_bytes() == bodies[path]
    for note in folder.rglob("*.meta.json"):
        file = note.with_name(note.name.removesuffix(".meta.json"))
        assert json.loads(note.read_text("utf-8"))["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_start_that_fails_later_is_told_and_the_pages_stay(
    association: LocalServer, tmp_path: Path, capsys: Captured
) -> None:
    out = str(tmp_path / "out")
    assert main(["crawl", association.url, "--out", out, *QUIET]) == 0
    association.pages["/"] = Served(b"", 403)
    capsys.readouterr()
    assert main(["crawl", "--out", out, "--delay", "0"]) == 1
    shown = capsys.readouterr()
    assert shown.err == f"qa: {association.url}/: HTTP 403\n"
    assert "4 pages kept" in shown.out
