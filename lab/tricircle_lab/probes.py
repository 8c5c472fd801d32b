"""Readiness: each probe looks at a service from outside and says why it is not ready, or None."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pymysql

from tricircle_lab.layout import LOOPBACK

Probe = Callable[[psutil.Process], str | None]


def http_answers(port: int, path: str = "/") -> Probe:
    """Ready when the server answers with anything but a server's error."""

    def probe(_process: psutil.Process) -> str | None:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        except OSError as error:
            return f"no answer on port {port}: {error}"
        except http.client.HTTPException as error:
            return f"no HTTP answer on port {port}: {error!r}"
        finally:
            connection.close()
        return f"GET {path} on port {port} is answered with {status}" if status >= 500 else None

    return probe


def listens(port: int) -> Probe:
    def probe(_process: psutil.Process) -> str | None:
        try:
            socket.create_connection((LOOPBACK, port), timeout=2).close()
        except OSError as error:
            return f"nothing listens on port {port}: {error}"
        return None

    return probe


def listens_at(path: Path) -> Probe:
    """Ready when something accepts connections at a socket of the file system."""

    def probe(_process: psutil.Process) -> str | None:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(path))
            except OSError as error:
                return f"nothing listens at {path}: {error}"
        return None

    return probe


def mariadb_answers(path: Path) -> Probe:
    def probe(_process: psutil.Process) -> str | None:
        try:
            pymysql.connect(unix_socket=str(path), user="root", connect_timeout=2).close()
        except pymysql.err.MySQLError as error:
            return f"no answer on {path}: {error}"
        return None

    return probe


def exists(path: Path) -> Probe:
    def probe(_process: psutil.Process) -> str | None:
        return None if path.exists() else f"{path} does not exist yet"

    return probe


def has_connected_worker(port: int) -> Probe:
    """Ready when a child of the service talks to a server on this port of the machine."""

    def probe(process: psutil.Process) -> str | None:
        try:
            for child in process.children(recursive=True):
                if any(link.raddr and link.raddr.port == port for link in child.net_connections("tcp")):
                    return None
        except psutil.NoSuchProcess:
            return "a worker has just ended"
        return f"no worker is connected to port {port}"

    return probe


def has_worker(process: psutil.Process) -> str | None:
    """Ready when the service has started a child."""
    return None if process.children() else "no worker yet"
