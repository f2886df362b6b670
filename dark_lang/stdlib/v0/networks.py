"""Ip: addresses and ranges of the Internet Protocol, version 4 and 6.

Source: RFC 4632 and RFC 4291. What is no address is told apart by `isAddress`; the others fail for it, so that a
switch's condition with them is not true, whichever way it is turned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dark_lang.errors import Failed
from dark_lang.library import LibraryFunction
from dark_lang.stdlib.expecting import all_of_type
from dark_lang.values.model import Value
from dark_lang.values.showing import show

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network


def _address(text: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import IPv6Address, ip_address  # late: 4 ms, and few programs ask

    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    # The same host, whichever way it came in.
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _range(text: str) -> IPv4Network | IPv6Network:
    from ipaddress import ip_network  # late, as above

    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        raise Failed(f"{show(text, limit=60)} is no range of addresses", suggestion='write "10.0.0.0/8"') from None


def _is_in(address: str, network: str) -> bool:
    found, held = _address(address), _range(network)
    if found is None:
        raise Failed(f"{show(address, limit=60)} is no address", suggestion="Ip::isAddress tells")
    return found.version == held.version and found in held


def _is_in_any(address: str, networks: list[Value]) -> bool:
    all_of_type(str, "Strings", networks, "Ip::isInAny")
    return any(_is_in(address, network) for network in networks)


FUNCTIONS = (
    LibraryFunction(
        "Ip::isIn_v0(address: String, range: String) -> Bool",
        _is_in,
        "Whether an address is in a range, such as 10.0.0.0/8 or 2001:db8::/32. Fails for what is no address.",
        (
            'Ip::isIn_v0("10.1.2.3", "10.0.0.0/8")',
            'Ip::isIn_v0("2001:db8::1", "2001:db8::/32")',
            'Ip::isIn_v0("::ffff:10.1.2.3", "10.0.0.0/8")',
        ),
    ),
    LibraryFunction(
        "Ip::isInAny_v0(address: String, ranges: List<String>) -> Bool",
        _is_in_any,
        "Whether an address is in one of some ranges.",
        ('Ip::isInAny_v0("192.168.0.7", ["10.0.0.0/8", "192.168.0.0/16"])',),
    ),
    LibraryFunction(
        "Ip::isAddress_v0(text: String) -> Bool",
        lambda text: _address(text) is not None,
        "Whether a text is an address of version 4 or 6.",
        ('Ip::isAddress_v0("::1")', 'Ip::isAddress_v0("256.0.0.1") == false'),
    ),
)
