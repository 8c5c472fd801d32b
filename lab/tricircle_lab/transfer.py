"""Runs inside instances: `receive PORT` prints how many bytes came, `send ADDRESS PORT SIZE` sends so many."""

import socket
import sys
import time


def receive(port: int) -> None:
    with socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        server.settimeout(60)
        connection, _address = server.accept()
        with connection:
            connection.settimeout(60)
            count = 0
            while chunk := connection.recv(65536):
                count += len(chunk)
    print(count)


def send(address: str, port: int, size: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            connection = socket.create_connection((address, port), timeout=5)
            break
        except ConnectionRefusedError:
            # The receiver is just being started.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    with connection:
        connection.settimeout(60)
        connection.sendall(bytes(size))


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive(int(sys.argv[2]))
    else:
        send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
