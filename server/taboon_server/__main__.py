"""`python -m taboon_server` is `taboon relay` for a machine that has only the relay."""

from taboon_server.cli import relay

relay(prog_name="taboon relay")
