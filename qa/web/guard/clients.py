"""Who a request comes from, for the limits only: the address is never logged or kept."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from qa.errors import SettingsError

_NETWORK_BITS = 64  # one household or office has a whole IPv6 network of this size


@dataclass(frozen=True, slots=True)
class Clients:
    """Tells clients apart by address; a proxy's word on it counts only when the proxy is trusted."""

    proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, setting: str) -> Clients:
        """From the setting ``trusted_proxies``. Raises SettingsError, naming the first that can't be used."""
        networks = []
        for written in filter(None, (part.strip() for part in setting.split(","))):
            try:
                networks.append(ip_network(written))
            except ValueError:
                raise SettingsError(
                    f"trusted_proxies: {written!r} is no address or network: write them like 10.0.0.1 or 10.0.0.0/8"
                ) from None
        return cls(tuple(networks))

    def of(self, scope: Scope) -> str:
        """The client's address, or its IPv6 network; the text of whatever it is when it is neither."""
        address = (scope.get("client") or ("",))[0]
        if self._is_proxy(address):
            hops = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
            # From the right: what stands left of the first stranger was written by that stranger.
            for hop in (hop.strip() for hop in reversed(hops)):
                if hop:
                    address = hop
                if not self._is_proxy(hop):
                    break
        return _network(address)

    def _is_proxy(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self.proxies)
        except ValueError:
            return False


def _network(address: str) -> str:
    """One name for the addresses of one client.

    >>> _network("2001:db8::1") == _network("2001:db8::2"), _network("::ffff:192.0.2.1")
    (True, '192.0.2.1')
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address[:_NETWORK_BITS]
    if known.version == 4:
        return str(known)
    return str(known.ipv4_mapped or ip_network((known, _NETWORK_BITS), strict=False))
