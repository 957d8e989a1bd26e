"""A mail server on this machine that fails as it is told: real sockets, the dialogue of RFC 5321."""

import socketserver
import threading
from email import message_from_bytes
from email.message import Message
from typing import Any


class MailServer:
    """Takes mail, or fails in the way that `fault` names; empty: it works.

    Attributes:
        taken: recipients and text of every message whose text was handed over whole and not refused.
    """

    def __init__(self) -> None:
        self.fault = ""
        self.deliveries: list[tuple[list[str], bytes]] = []
        self.dialogues = 0
        owner, self.released = self, threading.Event()

        class Dialogue(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                owner.dialogues += 1
                try:
                    owner.talk(self.rfile, self.wfile)
                except OSError:
                    return

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads, block_on_close = True, True, False

        self.server = Server(("127.0.0.1", 0), Dialogue)
        self.port = int(self.server.server_address[1])

    def __enter__(self) -> "MailServer":
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def mails(self) -> list[Message]:
        """What was taken, read."""
        return [message_from_bytes(text) for _, text in self.deliveries]

    def talk(self, lines: Any, out: Any) -> None:
        """One connection."""
        if self.fault in ("silent", "hangs up at once", "busy"):
            if self.fault == "silent":
                self.released.wait(10)
            elif self.fault == "busy":
                out.write(b"421 try later\r\n")
            return
        out.write(b"220 sink\r\n")
        to: list[str] = []
        for line in lines:
            verb = line[:4].decode().strip().upper()
            answer = self.take(to, lines, out) if verb == "DATA" else self.answer(verb, line, to)
            out.write(answer)
            if not answer or verb == "QUIT":
                return

    def answer(self, verb: str, line: bytes, to: list[str]) -> bytes:
        """To every command but DATA; recipients that are taken go into `to`."""
        if verb == "EHLO":
            return b"250-sink\r\n250 AUTH PLAIN\r\n"
        if verb == "AUTH":
            return b"535 no\r\n" if self.fault == "locked out" else b"235 ok\r\n"
        if verb == "RCPT":
            if self.fault == "greylists" or (self.fault == "greylists one" and b"<a@" in line):
                return b"450 greylisted\r\n"
            to.append(line.decode().split("<")[1].split(">")[0])
        return b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n"

    def take(self, to: list[str], lines: Any, out: Any) -> bytes:
        """The text of a message; nothing: hang up."""
        if self.fault == "hangs up before the text":
            return b""
        out.write(b"354 go on\r\n")
        text = b"".join(iter(lines.readline, b".\r\n"))
        if self.fault == "refuses the text":
            return b"554 no\r\n"
        self.deliveries.append((list(to), text))
        return b"" if self.fault == "hangs up after the text" else b"250 queued\r\n"
