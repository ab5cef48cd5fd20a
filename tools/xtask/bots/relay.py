"""A relay before Velox's WebSocket that can be cut, as a network that fails."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit


class Relay:
    """Relays connections, but none while it is cut."""

    def __init__(self, url):
        parts = urlsplit(url)
        self._velox = (parts.hostname, parts.port)
        self._is_cut = False
        self._lock = threading.Lock()
        self._relayed = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = url.replace(parts.netloc, f"127.0.0.1:{port}")
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Ends all connections without a word, and returns when Velox has ended its side."""
        with self._lock:
            self._is_cut = True
            relayed, self._relayed = self._relayed, []
        if not any(answers.is_alive() for _, answers in relayed):
            raise RuntimeError("there is no connection to cut")
        for client, answers in relayed:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            answers.join()

    def mend(self):
        """Lets clients connect again."""
        with self._lock:
            self._is_cut = False

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            with self._lock:
                if self._is_cut:
                    client.close()
                    continue
                velox = socket.create_connection(self._velox)
                answers = threading.Thread(target=_pump, args=(velox, client), daemon=True)
                self._relayed.append((client, answers))
            threading.Thread(target=_pump, args=(client, velox), daemon=True).start()
            answers.start()


def _pump(source, sink):
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
