"""The only room that calls the cryptographic libraries.

A build for another platform replaces this package and nothing else. Each module holds one kind of function; none of
them does I/O, keeps state or reads a clock. They raise only the two errors of
:mod:`taboon_crypto.primitives.errors`.
"""
