"""Text → subwords: a Unigram vocabulary learned from the training texts, made so that words can be cached.

The one property that everything relies on: `tokenise(text)` is exactly the concatenation of `tokenise(word)` for
`word in text.split()`. Then a cache from word to subwords in front of the tokenizer changes nothing but the speed.
It holds because every normalisation is local to a word, because no pre-token crosses white space, and because
each pre-token gets its own word marker, so that none can tell whether it began the text.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import NFKC, Lowercase, Normalizer, Replace
from tokenizers.normalizers import Sequence as NormalizerSequence
from tokenizers.pre_tokenizers import Digits, Metaspace, PreTokenizer, Punctuation, WhitespaceSplit
from tokenizers.pre_tokenizers import Sequence as PreTokenizerSequence
from tokenizers.trainers import UnigramTrainer

UNKNOWN = "[UNK]"
MAX_PIECE_CHARS = 24
FOREIGN = 0x2100
"""Texts with code points from here on are not shown to the trainer: every character seen takes a vocabulary entry."""
PER_OCCURRENCE = 10_000_000
CHUNK = 100_000


def normaliser() -> Normalizer:
    """Return the normaliser: one form per quote, dash and apostrophe, NFKC, lower case."""
    steps = [
        # str.split() parts words at these four separators, the tokenizer's white space does not contain them.
        Replace(Regex("[\x1c-\x1f]"), " "),
        Replace(Regex("[\u00ad\u200b-\u200f\u2060\ufeff]"), ""),
        # Before NFKC, which would turn the acute accent used as an apostrophe into a space and a mark.
        Replace(Regex("[\u2018\u2019\u02bc\u00b4`]"), "'"),
        Replace(Regex("[\u201c\u201d\u201e\u00ab\u00bb]"), '"'),
        Replace(Regex("[\u2010-\u2015\u2212]"), "-"),
        NFKC(),
        Lowercase(),
    ]
    return NormalizerSequence(steps)


def pre_tokeniser() -> PreTokenizer:
    """Return the pre-tokeniser: words, single punctuation marks, whole numbers, each with the word marker."""
    return PreTokenizerSequence(
        [
            WhitespaceSplit(),
            Punctuation("isolated"),
            Digits(individual_digits=False),
            Metaspace(prepend_scheme="always"),
        ]
    )


def word_counts(texts: Iterable[str]) -> Counter[str]:
    """Return how often each pre-token, marker included, occurs in the texts that are in European scripts.

    >>> sorted(word_counts(["Is it? It IS!"]).items())
    [('▁!', 1), ('▁?', 1), ('▁is', 2), ('▁it', 2)]
    """
    spaced: Counter[str] = Counter()
    for text in texts:
        if max(text, default="") < chr(FOREIGN):
            spaced.update(text.split())
    normalise, split = normaliser().normalize_str, pre_tokeniser().pre_tokenize_str
    counts: Counter[str] = Counter()
    for word, times in spaced.items():
        for piece, _ in split(normalise(word)):
            counts[piece] += times
    return counts


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Return a Unigram tokenizer with at most `vocabulary` subwords; unknown characters are one token, id 0."""
    counts = word_counts(texts)
    rarest = 1 + counts.total() // PER_OCCURRENCE
    counts = Counter({word: times for word, times in counts.items() if times >= rarest})
    learner = Tokenizer(Unigram())
    learner.pre_tokenizer = WhitespaceSplit()
    trainer = UnigramTrainer(
        vocab_size=vocabulary, special_tokens=[UNKNOWN], unk_token=UNKNOWN, max_piece_length=MAX_PIECE_CHARS
    )
    learner.train_from_iterator((f"{word} " * times for word, times in counts.items()), trainer)
    learned = dict(json.loads(learner.to_str())["model"]["vocab"])
    tokenizer = Tokenizer(Unigram(refine(learned, counts, vocabulary), unk_id=0))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normaliser(), pre_tokeniser()
    return tokenizer


def refine(learned: dict[str, float], counts: Counter[str], vocabulary: int) -> list[tuple[str, float]]:
    """Return a vocabulary with whole frequent words in it: (piece, log-probability), the unknown one first.

    The trainer takes for candidates what goes on in at least two ways in its list of *different* words, however
    often each occurs: neither "?" nor a word without derivations becomes a subword. Here the most frequent words are
    added, pieces are counted in the best segmentations of all words, and the least used ones go.
    """
    words = list(counts)
    times = np.array([counts[word] for word in words])
    frequent = [word for word, _ in counts.most_common(vocabulary * 2 // 5) if len(word) <= MAX_PIECE_CHARS]
    scores = {piece: learned[piece] for piece in sorted(learned)}
    total = times.sum()
    scores |= {word: math.log(counts[word] / total) for word in frequent}
    for size in (len(scores), vocabulary, vocabulary):
        pieces = [(UNKNOWN, 0.0), *((piece, score) for piece, score in scores.items() if piece != UNKNOWN)]
        used = _piece_counts(Tokenizer(Unigram(pieces, unk_id=0)), words, times)
        needed = {piece: count for (piece, _), count in zip(pieces, used, strict=True) if len(piece) == 1}
        others = {piece: count for (piece, _), count in zip(pieces, used, strict=True) if len(piece) > 1}
        kept = sorted(others, key=lambda piece: (-others[piece], piece))[: size - len(needed)]
        together = needed | {piece: others[piece] for piece in kept if piece != UNKNOWN}
        scores = {piece: math.log((count + 0.5) / used.sum()) for piece, count in together.items()}
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return [(UNKNOWN, 0.0), *ordered[: vocabulary - 1]]


def _piece_counts(tokenizer: Tokenizer, words: list[str], times: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how often each piece is used, (vocabulary,) float64, where word i occurs times[i] times."""
    used = np.zeros(tokenizer.get_vocab_size())
    for at in range(0, len(words), CHUNK):
        ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(words[at : at + CHUNK])]
        weight = np.repeat(times[at : at + CHUNK], [len(word) for word in ids])
        used += np.bincount(np.concatenate([np.array(word, np.int64) for word in ids]), weight, minlength=len(used))
    return used


def tokenise_words(tokenizer: Tokenizer, words: list[str]) -> list[list[int]]:
    """Return the subword ids of each word, without the unknown ones."""
    unknown = tokenizer.token_to_id(UNKNOWN)
    encoded = tokenizer.encode_batch_fast(words, add_special_tokens=False)
    return [[token for token in encoding.ids if token != unknown] for encoding in encoded]
