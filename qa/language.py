"""Text → language code, or "und" when it can't be told.

Long texts (documents) go to langdetect, which is good at them. Questions are short, and langdetect mistakes
Danish, Norwegian and Swedish for one another in one short question of five; there a naive Bayes over the
embedded model's own subwords decides, with what is already known (the page's language) as prior.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelError
from qa.settings import LANGUAGES

UNDETERMINED = "und"
_TO_OURS = {"no": "nb"}  # langdetect writes Norwegian as "no", and knows neither Nynorsk nor Icelandic
_MAX_DETECT_CHARS = 4_000
_MIN_DOCUMENT_PROBABILITY = 0.7
_FLOOR = 1e-3
_DETECTED = frozenset(LANGUAGES) - {"nn", "is"}
_NEAR = frozenset(("sv", "nb", "da"))
_MIN_LETTERS_TO_BELIE = 200
_MIN_PROBABILITY_TO_BELIE = 0.99


@lru_cache(maxsize=1)
def _langdetect() -> Any:
    from langdetect import DetectorFactory, detector_factory

    DetectorFactory.seed = 0  # langdetect draws random n-grams: one seed, one result
    detector_factory.init_factory()
    return detector_factory._factory


def _probabilities(text: str) -> dict[str, float]:
    """langdetect's probabilities for our languages; empty when the text has no letters."""
    from langdetect.lang_detect_exception import LangDetectException

    detector = _langdetect().create()
    detector.append(text[:_MAX_DETECT_CHARS])
    try:
        found = {_TO_OURS.get(guess.lang, guess.lang): guess.prob for guess in detector.get_probabilities()}
    except LangDetectException:
        return {}
    return {code: probability for code, probability in found.items() if code in LANGUAGES}


def detect_document(text: str) -> str:
    """Language of a text of a few sentences or more.

    >>> detect_document("Suomen kunnilla ja maakunnilla on noin 1 300 ystävyyskuntaa yli 40 maassa.")
    'fi'
    """
    found = _probabilities(text)
    best = max(found, key=found.__getitem__, default=UNDETERMINED)
    return best if found.get(best, 0.0) >= _MIN_DOCUMENT_PROBABILITY else UNDETERMINED


def belied(declared: str, text: str) -> str | None:
    """The language of a text that plainly isn't in the one its page declares; None when it may well be.

    Templates are copied with the language they were made in. Short texts and near languages are believed.

    >>> belied("en", "Suomen kunnilla ja maakunnilla on ystävyyskuntia yli neljässäkymmenessä maassa. " * 5)
    'fi'
    """
    if declared not in _DETECTED or sum(map(str.isalpha, text[:_MAX_DETECT_CHARS])) < _MIN_LETTERS_TO_BELIE:
        return None
    found = _probabilities(text)
    best = max(found, key=found.__getitem__, default=declared)
    is_plain = found.get(best, 0.0) >= _MIN_PROBABILITY_TO_BELIE and not {best, declared} <= _NEAR
    return best if is_plain and best != declared else None


@dataclass(frozen=True, slots=True)
class QuestionLanguages:
    """Identifies the language of questions.

    ``languages`` are the codes of the rows of ``log_probability``, (n_languages, vocabulary) float32: the
    natural logarithm of the probability of a subword in a language. ``tokens`` gives a text's subword ids.
    """

    languages: tuple[str, ...]
    log_probability: NDArray[np.float32]
    tokens: Callable[[str], NDArray[np.int32]]

    @classmethod
    def from_file(cls, file: Path, tokens: Callable[[str], NDArray[np.int32]]) -> QuestionLanguages:
        """The table as trained. Raises ModelError when the file can't be read."""
        try:
            with file.open("rb") as opened, np.load(opened, allow_pickle=False) as table:
                codes = tuple(str(code) for code in table["languages"])
                return cls(codes, table["log_probability"].astype(np.float32), tokens)
        except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
            raise ModelError(f"{file}: the language table can't be read ({error}); reinstall Kysy") from None

    def identify(
        self, question: str, among: Sequence[str] = LANGUAGES, prior: Mapping[str, float] | None = None
    ) -> tuple[str, float]:
        """The most probable language among those given and its probability in [0, 1].

        ``prior`` holds relative weights (1 for languages it leaves out). ("und", 0) when most letters are not Latin.
        """
        ids = self.tokens(question)
        if not _is_latin(question) or not len(ids):
            return UNDETERMINED, 0.0
        allowed = [row for row, code in enumerate(self.languages) if code in among]
        scores = self.log_probability[np.array(allowed)[:, None], ids].sum(axis=1)
        scores += np.log([max(_FLOOR, (prior or {}).get(self.languages[row], 1.0)) for row in allowed])
        probability = _softmax(scores)
        best = int(probability.argmax())
        return self.languages[allowed[best]], float(probability[best])


def _is_latin(text: str) -> bool:
    """Whether most letters are Latin, as all our languages are written."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters) > len(letters) / 2


def _softmax(scores: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    exponents = np.exp(scores - scores.max())
    return np.asarray(exponents / exponents.sum())
