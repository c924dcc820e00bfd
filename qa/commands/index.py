"""``qa index``: what is in the index, whether it is whole, and the way back."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from qa.commands.common import add_command, add_group, print_json, settings_of, usages
from qa.errors import IndexDamaged, IndexFault, IndexMissing
from qa.search.commit import roll_back
from qa.search.generations import Stored, current, damages, earlier, finished, pointer, verify
from qa.search.lock import build_lock

_MB = 1e6
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def add(commands: Any) -> None:
    """Adds the command and its actions to the parser."""
    about = "look at the index, check it, go back to the one before"
    index, actions = add_group(commands, "index", about, "info|verify|rollback|export")
    info = add_command(actions, "info", _info, "tell what is in the index", "qa index info")
    check = add_command(actions, "verify", _verify, "check every file of the index", "qa index verify --all")
    check.add_argument("--all", action="store_true", help="check the earlier generations too")
    rollback = add_command(
        actions, "rollback", _rollback, "let the generation before answer again", "qa index rollback"
    )
    rollback.add_argument("--to", metavar="GENERATION", help="that one instead, such as 000007")
    export = add_command(
        actions, "export", _export, "write documents and passages as JSON Lines", "qa index export --out index.jsonl"
    )
    export.add_argument("--out", type=Path, metavar="FILE", help="write them there (default: print them)")
    index.epilog = f"{usages(info, check, rollback, export)}\nExample: qa index info --json"


def _info(options: argparse.Namespace) -> int:
    index_dir = settings_of(options).index_dir
    serving, before = current(index_dir), next(iter(earlier(index_dir)), None)
    if options.json:
        about = {"index": str(index_dir), "serving": _facts(serving), "before": _facts(before) if before else None}
        print_json(about | {"kept": [stored.name for stored in finished(index_dir)]})
        return 0
    manifest = serving.manifest
    lines = {
        "generation": f"{serving.name}, built {_when(serving)}",
        "documents": f"{manifest.get('documents', 0):,}",
        "passages": f"{manifest.get('passages', 0):,}",
        "languages": ", ".join(manifest.get("languages", ())),
        "on disk": _size(serving),
        "model": str(manifest.get("model")),
        "vectors": _comparison(manifest.get("codes")),
        "settings": f"max_passage_chars={manifest.get('max_passage_chars')}, format {manifest.get('format')}",
        "before": f"{before.name}, built {_when(before)}: `qa index rollback` goes back to it" if before else "none",
    }
    for name, value in lines.items():
        print(f"{name:<11} {value}")
    return 0


def _comparison(codes: Mapping[str, Any] | None) -> str:
    if not codes:
        return "all are compared"
    return f"compared by short codes first: {codes['recall']:.1%} of the nearest hundred are found"


def _facts(stored: Stored) -> dict[str, Any]:
    known = ("created", "format", "documents", "passages", "languages", "model", "max_passage_chars", "codes")
    told = {name: stored.manifest.get(name) for name in known}
    return {"generation": stored.name, **told, "age_s": round(_age_s(stored)), "bytes": stored.size_bytes}


def _verify(options: argparse.Namespace) -> int:
    index_dir = settings_of(options).index_dir
    chosen: list[Stored] = []
    told: dict[str, list[str]] = {}
    try:
        chosen.append(current(index_dir))
    except IndexDamaged as error:
        told[pointer(index_dir)[0]] = [str(error)]
    chosen += [stored for stored in finished(index_dir) if options.all and stored not in chosen]
    for stored in chosen:
        told.setdefault(stored.name, []).extend(damages(stored))
    if options.json:
        print_json([{"generation": name, "damages": found} for name, found in told.items()])
    for damage in chain.from_iterable(told.values()):
        print(f"qa: {damage}", file=sys.stderr)
    for stored in chosen:
        if not options.json and not told[stored.name]:
            print(f"{stored.name} is intact: {len(stored.manifest['files'])} files, {_size(stored)}")
    return 1 if any(told.values()) else 0


def _rollback(options: argparse.Namespace) -> int:
    index_dir = settings_of(options).index_dir
    if not any(finished(index_dir)):  # the lock would make the folder
        raise IndexMissing(f"{index_dir} holds no index: run `qa build` first")
    with build_lock(index_dir):
        back = roll_back(index_dir, options.to)
    if options.json:
        print_json(_facts(back))
    else:
        print(f"generation {back.name} answers again, built {_when(back)}; the next build makes a newer one")
    return 0


def _export(options: argparse.Namespace) -> int:
    from qa.search.exchange import export_lines
    from qa.search.store import load_generation

    serving = current(settings_of(options).index_dir)
    verify(serving)
    read = load_generation(serving, serving.manifest.get("model", ""), serving.manifest.get("tokens", ""))
    lines = export_lines(serving.name, serving.manifest, read.documents, read.passages)
    encoded = (line.encode() for line in lines)  # JSON Lines are UTF-8, whatever a terminal can show
    if not options.out:
        sys.stdout.buffer.writelines(encoded)
        return 0
    try:
        with options.out.open("wb") as file:
            file.writelines(encoded)
    except OSError as error:
        raise IndexFault(f"{options.out} can't be written ({error.strerror}): choose another --out") from None
    n_documents, n_passages = len(read.documents), len(read.passages)
    if options.json:
        about = {"generation": serving.name, "documents": n_documents, "passages": n_passages}
        print_json(about | {"out": str(options.out), "bytes": options.out.stat().st_size})
    else:
        print(f"{n_documents:,} documents and {n_passages:,} passages of {serving.name} in {options.out}")
    return 0


def _when(stored: Stored) -> str:
    return f"{stored.created:%Y-%m-%d %H:%M} UTC ({age_text(_age_s(stored))} ago)"


def _age_s(stored: Stored) -> float:
    return max(0.0, (datetime.datetime.now(datetime.UTC) - stored.created).total_seconds())


def age_text(age_s: float) -> str:
    """An age in its largest unit.

    >>> [age_text(s) for s in (1, 60, 7_300, 200_000)]
    ['1 second', '1 minute', '2 hours', '2 days']
    """
    unit, length_s = next((unit, length_s) for unit, length_s in _UNITS if age_s >= length_s or length_s == 1)
    count = int(age_s // length_s)
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _size(stored: Stored) -> str:
    return f"{stored.size_bytes / _MB:,.1f} MB"
