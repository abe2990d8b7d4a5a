"""The client's side of the relay's interface: addresses, signed requests, readers of answers, one transport.

Only ``client`` and ``tls`` need an HTTP library; the rest can be imported without one.
"""
