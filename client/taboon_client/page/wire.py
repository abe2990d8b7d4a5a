"""HTTP as the page speaks it: what is no HTTP gets the same empty 404 as what is not there.

uvicorn tells whoever sends it something else what it made of it. A stranger shall not learn from that what listens.
"""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from taboon_client.page.gate import EVERY_ANSWER

__all__ = ["Wire"]


class Wire(H11Protocol):
    """One connection."""

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read."""
        del msg  # it is for who runs a server
        headers = [*EVERY_ANSWER, (b"content-length", b"0"), (b"connection", b"close")]
        self.transport.write(self.conn.send(h11.Response(status_code=404, headers=headers, reason=b"Not Found")))
        self.transport.write(self.conn.send(h11.EndOfMessage()))
        self.transport.close()
