#!/bin/sh
# What an instance does with its DHCPv6 lease; started by dhclient, which tells all by variables.
# DHCPv6 says nothing of the prefix that is on the link: a router's advertisements do, and the lab says it in
# $on_link_length, for a subnet need not have a router.
set -eu
case "${reason:-}" in
PREINIT6)
    ip link set "$interface" up
    ;;
BOUND6 | RENEW6 | REBIND6)
    ip -6 address replace "$new_ip6_address/$on_link_length" dev "$interface" nodad
    echo "lease of $new_ip6_address"
    ;;
esac
