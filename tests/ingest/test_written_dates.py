"""Dates as authors write them on their pages."""

from __future__ import annotations

import pytest

from qa.ingest.written_dates import changed_on, published_on


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Last updated: 6 May 2024", "2024-05-06"),
        ("Updated May 6, 2024", "2024-05-06"),
        ("Published 1 May 2021 | Last modified: 3 February 2022", "2022-02-03"),
        ("Päivitetty 3.2.2022", "2022-02-03"),
        ("Sivua on viimeksi päivitetty 3.2.2022", None),  # a sentence, if a short one
        ("Päivitetty: 5. kesäkuuta 2024 klo 12.04", "2024-06-05"),
        ("Senast uppdaterad: 2023-12-01", "2023-12-01"),
        ("Senast ändrad den 4 september 2023", "2023-09-04"),
        ("Publisert: 03.05.2021 Sist oppdatert: 22.01.2024", "2024-01-22"),
        ("Sist oppdatert 2. mai 2023 av redaksjonen", "2023-05-02"),
        ("Sidst opdateret d. 7. februar 2024", "2024-02-07"),
        ("Letzte Änderung: 12. März 2024", "2024-03-12"),
        ("Stand: 01.09.2023", "2023-09-01"),
        ("Dernière mise à jour : 5 février 2024", "2024-02-05"),
        ("Mis à jour le 1er août 2023", "2023-08-01"),
        ("Viimati muudetud: 03.04.2023", "2023-04-03"),
        ("Muudetud 3. aprillil 2023", None),  # a month in another case
        ("Updated 31.2.2024", None),
        ("Updated 2024", None),
        ("The statutes were last updated on 3 May 2019 and hold still.", None),
        ("Updated in 1999, when 12.12.2012 was far away", None),
    ],
)
def test_the_day_of_the_last_change(line: str, day: str | None) -> None:
    assert changed_on(["Town twinning", line, "More text."]) == day


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Published on 3 May 2019", "2019-05-03"),
        ("Julkaistu 3.2.2022", "2022-02-03"),
        ("Publicerad 4 september 2023", "2023-09-04"),
        ("Publisert 22.01.2024", "2024-01-22"),
        ("Veröffentlicht am 12. März 2024", "2024-03-12"),
        ("Publié le 5 février 2024", "2024-02-05"),
        ("Avaldatud 03.04.2023", "2023-04-03"),
        ("The report was published on 3 May 2019.", None),
    ],
)
def test_the_day_of_publication(line: str, day: str | None) -> None:
    assert published_on([line]) == day
