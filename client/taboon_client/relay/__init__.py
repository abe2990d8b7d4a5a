"""The client's side of the relay's interface: addresses, signed requests, readers of answers, one transport.

Only ``client``, ``exchange`` and ``tls`` need an HTTP library or TLS; the rest can be imported without one.
"""
