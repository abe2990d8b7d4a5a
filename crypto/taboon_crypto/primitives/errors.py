"""The errors of this room.

    PrimitiveError
    ├── BadKeyError        a key, nonce or seed that no honest party would hand over
    └── OpenError          a ciphertext that does not open under this key

A signature that does not verify is an answer (``False``), not an error.
"""


class PrimitiveError(Exception):
    """Root of everything this room raises about its input."""


class BadKeyError(PrimitiveError):
    """A key has the wrong size, is not on the curve, or lies in a small subgroup."""


class OpenError(PrimitiveError):
    """A ciphertext does not open: wrong key, wrong associated data, or changed bytes."""
