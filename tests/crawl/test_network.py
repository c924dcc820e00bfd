"""Only public addresses are connected to: the addresses that names stand for, however they are written or change."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpcore
import pytest

from qa.crawl.addresses import normalise
from qa.crawl.fetch import Fetcher, Reply
from qa.crawl.network import GuardedNetwork, is_public, system_resolver
from qa.errors import AddressRefused, FetchFailed
from tests.crawl.server import LocalServer, Served, redirect

PRIVATE = (
    "127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "100.100.100.200", "169.254.169.254", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "2002:7f00:1::", "2002:c0a8:101::1", "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1", "localhost", "", "1.2.3",
)  # fmt: skip
PUBLIC = ("193.166.3.2", "8.8.8.8", "2001:14b8:100::2", "2a00:1450:4026:808::2003", "64:ff9b::808:808")


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


class Names:
    """A resolver: each name's answers, one a look-up, the last for ever."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(turns) for name, turns in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        turns = self.answers.get(host)
        if turns is None:
            return await system_resolver(host, port)  # a literal address
        return turns.pop(0) if len(turns) > 1 else turns[0]


class Wire(httpcore.AsyncNetworkBackend):
    """A way to the network: notes what is connected to, and leads every connection to one local port."""

    def __init__(self, port: int = 0, dead: frozenset[str] = frozenset()) -> None:
        self.connected: list[tuple[str, int]] = []
        self._port = port
        self._dead = dead
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *rest: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        self.connected.append((host, port))
        if host in self._dead or not self._port:
            raise httpcore.ConnectError("refused")
        return await self._real.connect_tcp("127.0.0.1", self._port, *rest, **options)


def fetch(url: str, names: Names, wire: Wire, **options: Any) -> Reply:
    async def once() -> Reply:
        network = GuardedNetwork(resolve=names, network=wire)
        async with Fetcher(network, timeout_s=5, **options) as fetcher:
            return await fetcher.follow(url, max_bytes=1_000)

    return asyncio.run(once())


@pytest.mark.parametrize("address", [address for address in PRIVATE if address not in ("localhost", "", "1.2.3")])
def test_a_name_that_leads_inside_is_never_connected_to(address: str) -> None:
    wire = Wire()
    with pytest.raises(AddressRefused, match="is not on the public internet"):
        fetch("http://inside.example/", Names(inside_example=[[address]]), wire)
    assert wire.connected == []


def test_a_name_with_one_address_inside_is_refused_whole() -> None:
    wire = Wire()
    with pytest.raises(AddressRefused, match="is not on the public internet"):
        fetch("http://mixed.example/", Names(mixed_example=[["193.166.3.2", "10.0.0.1"]]), wire)
    assert wire.connected == []


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://[::ffff:7f00:1]/", "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1:8080/", "http://１２７.0.0.1/", "http://127。0。0。1/", "http://127.0.0.1./",
    ],
)  # fmt: skip
def test_a_literal_address_inside_is_refused(address: str) -> None:
    wire = Wire()
    with pytest.raises(AddressRefused, match="is not on the public internet"):
        fetch(normalise(address), Names(), wire)
    assert wire.connected == []


@pytest.mark.parametrize("port", [22, 25, 6379, 9200, 1, 65_535])
def test_a_port_that_is_no_web_servers_is_refused(port: int) -> None:
    wire = Wire()
    with pytest.raises(AddressRefused, match=f"is on port {port}"):
        fetch(f"http://public.example:{port}/", Names(public_example=[["193.166.3.2"]]), wire)
    assert wire.connected == []


def test_the_address_that_was_checked_is_connected_to(server: LocalServer) -> None:
    server.pages["/"] = Served(b"hello")
    names = Names(public_example=[["193.166.3.2"], ["127.0.0.1"]])  # inside, were it looked up a second time
    wire = Wire(server.port)
    assert fetch("http://public.example/", names, wire).body == b"hello"
    assert wire.connected == [("193.166.3.2", 80)]
    assert names.asked == ["public.example"]
    assert server.asked[0].headers["host"] == "public.example"


def test_a_name_that_leads_inside_the_second_time_is_refused(server: LocalServer) -> None:
    server.pages["/"] = Served(b"", 302, headers=(("Location", "/again"), ("Connection", "close")))
    names = Names(public_example=[["193.166.3.2"], ["127.0.0.1"]])
    wire = Wire(server.port)
    with pytest.raises(AddressRefused, match="is not on the public internet"):
        fetch("http://public.example/", names, wire)
    assert wire.connected == [("193.166.3.2", 80)]
    assert [one.path for one in server.asked] == ["/"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("http://169.254.169.254/", "is not on the public internet"),
        ("http://inside.example/", "is not on the public internet"),
        ("//[::ffff:10.0.0.1]/", "is not on the public internet"),
        ("http://public.example:6379/", "is on port 6379"),
        ("http://2130706433/", "has no proper host"),
        ("http://0x7f.1/", "has no proper host"),
        ("http://017700000001/", "has no proper host"),
        ("file:///etc/passwd", "is no http"),
        ("gopher://public.example/", "is no http"),
        ("http://public.example@127.0.0.1/", "names a user"),
        ("http://127.0.0.1\\@public.example/", "is not on the public internet"),
    ],
)
def test_a_redirect_is_checked_like_any_address(server: LocalServer, target: str, message: str) -> None:
    server.pages["/"] = redirect(target)
    names = Names(public_example=[["193.166.3.2"]], inside_example=[["192.168.0.1"]])
    wire = Wire(server.port)
    with pytest.raises(AddressRefused, match=message):
        fetch("http://public.example/", names, wire)
    assert wire.connected == [("193.166.3.2", 80)]


def test_a_host_that_does_not_answer_on_one_address_is_tried_on_the_next(server: LocalServer) -> None:
    server.pages["/"] = Served(b"hello")
    names = Names(public_example=[["2001:14b8:100::2", "193.166.3.2"]])
    wire = Wire(server.port, dead=frozenset(["2001:14b8:100::2"]))
    assert fetch("http://public.example/", names, wire).body == b"hello"
    assert [host for host, _ in wire.connected] == ["2001:14b8:100::2", "193.166.3.2"]


def test_a_host_that_is_not_there() -> None:
    with pytest.raises(FetchFailed, match="its host is not found"):
        fetch("http://public.example/", Names(public_example=[[]]), Wire())
    with pytest.raises(FetchFailed, match="its host can't be reached"):
        fetch("http://public.example/", Names(public_example=[["193.166.3.2"]]), Wire())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key for public.example, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=public.example"]
    command += ["-addext", "subjectAltName=DNS:public.example", "-keyout", "key.pem", "-out", "cert.pem"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return folder / "cert.pem", folder / "key.pem"


def test_a_certificate_must_be_that_of_the_name(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    names = Names(public_example=[["193.166.3.2"]], other_example=[["193.166.3.2"]])
    with LocalServer({"/": Served(b"safe")}).running(context) as server:
        wire = Wire(server.port)
        assert fetch("https://public.example/", names, wire, ssl_context=trusting).body == b"safe"
        with pytest.raises(FetchFailed, match="its certificate or encryption fails"):
            fetch("https://other.example/", names, wire, ssl_context=trusting)
        with pytest.raises(FetchFailed, match="its certificate or encryption fails"):
            fetch("https://public.example/", names, wire)
