"""HTTP requests as they pass the machine's loopback: who is asked what, whoever asks."""

import re
import signal
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# The beginnings of GET, POST, PUT and DELETE, as the kernel's filter compares them.
_METHODS = ("0x47455420", "0x504f5354", "0x50555420", "0x44454c45")
_PAYLOAD = "tcp[((tcp[12:1] & 0xf0) >> 2):4]"
_REQUEST = re.compile(rb"(GET|POST|PUT|DELETE) (\S+) HTTP/1\.[01]\r\n")
_AGENT = re.compile(rb"(?i)\r\nuser-agent: ([^\r]*)\r\n")
_ETHERNET, _FILE_HEADER, _PACKET_HEADER = 14, 24, 16


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `server` is the name of whom its port belongs to, `at` the Unix time in seconds."""

    server: str
    method: str
    path: str
    agent: str
    at: float = field(default=0.0, compare=False)


class Wire:
    """Everything that is asked of some servers from `start` on. Needs root and tcpdump.

    `servers`: names by port.
    """

    def __init__(self, servers: Mapping[int, str]) -> None:
        self._servers = servers
        self._folder = tempfile.TemporaryDirectory()
        self._file = Path(self._folder.name) / "wire.pcap"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Begin. Raises RuntimeError if tcpdump does not."""
        ports = " or ".join(f"tcp dst port {port}" for port in self._servers)
        methods = " or ".join(f"{_PAYLOAD} = {method}" for method in _METHODS)
        command = ["tcpdump", "-i", "lo", "-nn", "-U", "-B", "16384", "-w", str(self._file)]
        command.append(f"({ports}) and ({methods})")
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = ""
        while "listening on" not in line:
            line = self._process.stderr.readline() if self._process.stderr else ""
            if not line:
                raise RuntimeError("tcpdump has ended")

    def requests(self) -> list[Request]:
        """What has been asked since `start`, in order."""
        return list(self._read())

    def stop(self) -> None:
        """End. Raises RuntimeError if the kernel did not keep up, so that requests are missing."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        _, said = self._process.communicate(timeout=20)
        self._folder.cleanup()
        if not re.search(r"^0 packets dropped by kernel", said, re.MULTILINE):
            raise RuntimeError(f"tcpdump has missed requests: {said}")

    def _read(self) -> Iterator[Request]:
        data = self._file.read_bytes()
        at = _FILE_HEADER
        while at + _PACKET_HEADER <= len(data):
            seconds, microseconds, length = struct.unpack_from("<III", data, at)
            packet = data[at + _PACKET_HEADER : at + _PACKET_HEADER + length]
            at += _PACKET_HEADER + length
            request = self._parse(packet[_ETHERNET:], seconds + microseconds / 1e6)
            if request is not None:
                yield request

    def _parse(self, packet: bytes, at: float) -> Request | None:
        """An IPv4 packet with the head of a request; None for any other, or one that is not written whole yet."""
        tcp = (packet[0] & 0x0F) * 4
        (port,) = struct.unpack_from(">H", packet, tcp + 2)
        payload = packet[tcp + (packet[tcp + 12] >> 4) * 4 :]
        found, agent = _REQUEST.match(payload), _AGENT.search(payload)
        if found is None:
            return None
        said = agent[1].decode() if agent else "nobody"
        return Request(self._servers[port], found[1].decode(), found[2].decode(), said, at)
