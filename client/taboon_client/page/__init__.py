"""The local page: the whole product in a browser on the same machine (docs/decisions/0004-page.md).

- parent: holds the listening socket, shows codes, starts a fresh child after every lock; never sees a secret
- child: does the work and holds what is secret; ended by the lock
- door, gate: who may come in, and what every request must satisfy
- site, web: what lies at which path
- house: the open vault, kept in sync
- screens: what is shown and done
- render, language, words, faults: fragments in English and Arabic
"""
