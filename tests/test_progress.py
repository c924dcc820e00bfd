"""The progress bar."""

from __future__ import annotations

import pytest

from qa.progress import progress_bar


def test_nothing_is_drawn_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as progress:
        for done in range(101):
            progress("reading", done, 100)
            progress("embedding", done, 100)
    assert capsys.readouterr() == ("", "")


def test_a_fault_inside_passes_through() -> None:
    def work() -> None:
        with progress_bar() as progress:
            progress("reading", 1, 2)
            raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        work()
