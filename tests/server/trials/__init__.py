"""Whole relays on trial, from outside: against a model, under faults, among hostile connections.

Nothing here knows how a relay is built: it is a process, an address and a database. Each trial runs as a quick sample
in every test run, and whole in a soak.
"""
