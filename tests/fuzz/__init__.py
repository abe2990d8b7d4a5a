"""What a fuzzer throws bytes at: everything that reads what somebody else wrote.

    targets.py      each target: what it runs, what it starts from, which errors it may raise
    __main__.py     one target until so many inputs have run: ``python -m tests.fuzz mls-receive --runs 100000``
    found/          every input that once broke a target, kept for good, as <target>-<what it did>

``make fuzz`` runs them all. The ordinary suite runs each over its seeds and over what was found.
"""
