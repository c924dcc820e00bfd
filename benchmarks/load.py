"""The service under load: ``python -m benchmarks.load`` (``--questions 200`` for a quick look).

Starts the real server, lets 50 clients at once ask the questions of the test sets, as JSON and as events, then asks
10,000 and watches the memory. The clients run in processes of their own, yet on the same machine: a busy one, or one
with two processors, measures them too. Not run by the tests.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from qa.settings import PROJECT_DIR

CLIENTS = 50
MANY = 10_000
_DATA = PROJECT_DIR / "tests" / "data"
_SAMPLES = 20


@dataclass(frozen=True)
class Load:
    """What one round of questions came to; milliseconds."""

    name: str
    times_ms: tuple[float, ...]
    errors: int
    seconds: float
    cpu_ms: float

    def row(self) -> str:
        """One line of the table."""
        times = sorted(self.times_ms)
        p50, p95, p99 = (times[int(len(times) * share)] for share in (0.5, 0.95, 0.99))
        rate, cpu = len(times) / self.seconds, self.cpu_ms / len(times)
        return f"{self.name:22} {len(times):6} {self.errors:6} {p50:8.1f} {p95:8.1f} {p99:8.1f} {rate:8.0f} {cpu:7.2f}"


def questions() -> list[str]:
    """Real questions in all the languages of the shipped sets, mixed."""
    lines = (_DATA / "corpus-dev.jsonl").read_text("utf-8").splitlines()
    found = [str(json.loads(line)["question"]) for line in lines if line.strip()]
    return found[::3] + found[1::3] + found[2::3]


@contextmanager
def service() -> Iterator[tuple[int, int]]:
    """The running service: its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with TemporaryDirectory() as index:
        environ = os.environ | {"KYSY_INDEX_DIR": index, "KYSY_PORT": str(port), "KYSY_CLIENT_RATE_PER_MINUTE": "0"}
        with subprocess.Popen(
            [sys.executable, "app.py"], cwd=PROJECT_DIR, env=environ, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            process.stdout.readline()
            try:
                yield port, process.pid
            finally:
                started = time.perf_counter()
                process.send_signal(signal.SIGTERM)
                process.wait()
                print(f"stopped in {time.perf_counter() - started:.1f} s")


def cpu_ms(pid: int) -> float:
    """Processor time that a process has used; unlike the clock it bears a busy machine."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


async def _client(port: int, accept: str, asked: Iterator[str], times: list[float]) -> int:
    """One client on one connection, asking as fast as it is answered; the number of errors."""
    errors = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for question in asked:
        body = json.dumps({"question": question}).encode()
        head = f"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        started = time.perf_counter()
        writer.write(f"{head}Accept: {accept}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        status, reply = await _read_reply(reader)
        times.append((time.perf_counter() - started) * 1000)
        is_whole = b"event: done" in reply if "stream" in accept else reply.endswith(b"}")
        errors += not (status == 200 and is_whole)
    writer.close()
    await writer.wait_closed()
    return errors


async def _read_reply(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    if length:
        return status, await reader.readexactly(int(length[1]))
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return status, b"".join(parts)


async def _load(name: str, server: tuple[int, int], accept: str, asked: Sequence[str]) -> Load:
    port, pid = server
    times: list[float] = []
    shared = iter(asked)
    started, used = time.perf_counter(), cpu_ms(pid)
    errors = await asyncio.gather(*(_client(port, accept, shared, times) for _ in range(CLIENTS)))
    return Load(name, tuple(times), sum(errors), time.perf_counter() - started, cpu_ms(pid) - used)


def measure(many: int, rounds: int) -> None:
    """Prints the table, then the memory as the questions go on."""
    known = questions()
    endless = itertools.cycle(known)
    with service() as server:
        asyncio.run(_load("warm-up", server, "application/json", known[:100]))
        columns = ("asked", 6), ("errors", 6), ("p50", 8), ("p95", 8), ("p99 ms", 8), ("a second", 8), ("CPU ms", 7)
        print(f"{'50 clients at once':22} " + " ".join(f"{name:>{width}}" for name, width in columns))
        for name, accept in (("JSON", "application/json"), ("events", "text/event-stream")):
            asked = list(itertools.islice(endless, rounds))
            print(asyncio.run(_load(name, server, accept, asked)).row(), flush=True)
        memory = [resident_mb(server[1])]
        for _ in range(_SAMPLES):
            asked = list(itertools.islice(endless, many // _SAMPLES))
            load = asyncio.run(_load("", server, "application/json", asked))
            memory.append(resident_mb(server[1]))
            if load.errors:
                print(f"{load.errors} errors")
        half = memory[len(memory) // 2]
        print(
            f"memory over {many} questions: {memory[0]:.0f} MB, half-way {half:.0f} MB, at the end {memory[-1]:.0f} MB"
        )


def main() -> None:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(description="The service under load.")
    parser.add_argument("--questions", type=int, default=MANY, help="questions while the memory is watched")
    parser.add_argument("--rounds", type=int, default=2_000, help="questions in each row of the table")
    options = parser.parse_args()
    measure(options.questions, options.rounds)


if __name__ == "__main__":
    main()
