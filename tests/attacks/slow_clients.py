"""Many connections that each send a request byte by byte, and come again when they are cut off."""

import resource
import selectors
import socket
import threading
import time


class SlowClients:
    """From that many addresses of 127.0.0.0/8. Within the with block; then `connected` is the most that were at once."""

    def __init__(self, host, port, clients, addresses):
        self.target = (host, port)
        self.clients = clients
        self.addresses = addresses
        self.connected = self.cut = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < self.clients + 100:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(self.clients + 100, hard), hard))
        self._thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *unused):
        self._stop.set()
        self._thread.join()

    def _open(self, n):
        client = socket.socket()
        client.setblocking(False)
        client.bind((f"127.0.{2 + n % self.addresses // 200}.{1 + n % self.addresses % 200}", 0))
        client.connect_ex(self.target)
        return client

    def _run(self):
        selector = selectors.DefaultSelector()
        alive = {}
        for n in range(self.clients):
            alive[n] = self._open(n)
            selector.register(alive[n], selectors.EVENT_READ, n)
        text, at = b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ", 0
        while not self._stop.is_set():
            connected = 0
            for client in alive.values():
                try:
                    client.send(text[at % len(text):at % len(text) + 1] if at < len(text) else b"x")
                    connected += 1
                except OSError:
                    pass  # not connected yet, or cut off: read below
            at += 1
            self.connected = max(self.connected, connected)
            until = time.monotonic() + 1
            while not self._stop.is_set() and time.monotonic() < until:
                for key, _ in selector.select(0.1):
                    try:
                        if key.fileobj.recv(4096):
                            continue
                    except BlockingIOError:
                        continue
                    except OSError:
                        pass
                    self.cut += 1
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
                    alive[key.data] = self._open(key.data)
                    selector.register(alive[key.data], selectors.EVENT_READ, key.data)
        for client in alive.values():
            client.close()
        selector.close()
