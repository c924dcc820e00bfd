"""The way out to the network: names are looked up here, and only public addresses are connected to.

The address that was checked is the one that is connected to, for every connection anew. So neither a redirect nor a
name that leads elsewhere the second time gets past the check. A proxy, which would look names up itself, is never used.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import httpcore

from qa.errors import AddressRefused, FetchFailed

_PORTS = frozenset((80, 443, 8080, 8443))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Public by number or in some version of the library's table, internal by use.
_INSIDE = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("168.63.129.16/32"))
_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Resolver(Protocol):
    """Looks up a host's name."""

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """IP addresses of the host, best first. Raises OSError when there are none."""
        ...


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the operating system says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also when it wraps another.

    >>> is_public("193.166.3.2"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False)
    """
    try:
        return all(_is_public(ip) for ip in _unwrapped(ipaddress.ip_address(address)))
    except ValueError:
        return False


def _unwrapped(ip: _IPAddress) -> list[_IPAddress]:
    """The address itself and those that routers take out of it; of a mapped one, only the latter."""
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    if ip.ipv4_mapped:
        return [ip.ipv4_mapped]
    if ip in _NAT64:
        return [ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)]
    inner: list[_IPAddress] = [ip]
    if ip.sixtofour:
        inner.append(ip.sixtofour)
    if ip.teredo:
        inner.extend(ip.teredo)
    return inner


def _is_public(ip: _IPAddress) -> bool:
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.is_global and ip in _GLOBAL_UNICAST
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _INSIDE)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects by way of ``network``, to addresses that ``resolve`` gives and the check lets through."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        resolve: Resolver = system_resolver,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._network = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection. Raises AddressRefused when the host isn't public, FetchFailed when it isn't found."""
        addresses = await self._checked(host, port)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        if not self._allow_private and port not in _PORTS:
            raise AddressRefused(f"is on port {port}")
        try:
            addresses = await self._resolve(host.strip("[]"), port)
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise FetchFailed("its host is not found", is_temporary=True)
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise AddressRefused("is not on the public internet")
        return addresses
