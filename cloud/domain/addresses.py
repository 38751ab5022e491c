"""Which addresses a request of ours may go to when others choose its target: none but the public Internet's."""

from ipaddress import IPv4Address, IPv6Address, ip_network

Address = IPv4Address | IPv6Address

_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_SPECIAL = (ip_network("168.63.129.16/32"), ip_network("192.0.0.0/24"), ip_network("3fff::/20"))
"""Public for Python 3.11: a cloud's own service, protocol assignments, and documentation."""


def is_public(address: Address) -> bool:
    """Whether it belongs to the Internet, whatever notation or tunnel it is wrapped in.

    Refused are loopback, private, link-local (also where clouds keep credentials), shared, multicast and reserved ones,
    and IPv6 addresses that stand for such an IPv4 address.
    """
    if any(address in network for network in _SPECIAL) or address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not address.is_reserved
    inside = _inside(address)
    if inside is not None:
        return is_public(inside)
    return address in _UNICAST and address.teredo is None


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4 or NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
