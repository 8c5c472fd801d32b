#!/bin/sh
# The first process of a region's host, started in its network namespace and a mount namespace of its own.
# It gives the host what machines have of their own (named network namespaces, Open vSwitch's sockets, a view of its
# network devices) and then stays, so that other processes can enter the two namespaces.
# usage: host.sh READY-FILE
set -eu
mount --make-rprivate /
umount --lazy /run/netns
mount -t tmpfs tmpfs /run/netns
mount --make-shared /run/netns
mkdir -p /run/openvswitch
mount -t tmpfs tmpfs /run/openvswitch
mount -t sysfs sysfs /sys
touch "$1"
exec sleep infinity
