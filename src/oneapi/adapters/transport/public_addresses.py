"""Which addresses belong to the public internet, by our own list.

``ipaddress.is_global`` differs between versions of Python. Sources, read 2026-11-30:
https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

SPECIAL_IPV4 = tuple(
    IPv4Network(network)
    for network in """
        0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
        192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
        168.63.129.16/32
    """.split()  # the last is Azure's platform: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
)
#: The global unicast range; all other addresses are reserved, local or multicast.
GLOBAL_IPV6 = IPv6Network("2000::/3")
#: Protocol assignments (which include Teredo), and the two ranges for documentation.
SPECIAL_IPV6 = (IPv6Network("2001::/23"), IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))
#: Prefixes of addresses that contain an IPv4 address, and its offset in bits: mapped, NAT64 (RFC 6052), 6to4.
WRAPPING = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)


def is_public(address: Address) -> bool:
    """Whether ``address``, or the IPv4 address contained in it, belongs to the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in SPECIAL_IPV4)
    for prefix, shift in WRAPPING:
        if address in prefix:
            return is_public(IPv4Address(int(address) >> shift & 0xFFFF_FFFF))
    return address in GLOBAL_IPV6 and not any(address in network for network in SPECIAL_IPV6)
