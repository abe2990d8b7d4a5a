"""Project Wycheproof's vectors, and those of HPKE, for what this package builds itself or is stricter in.

They come with `pip install --group wycheproof`: 30 MB of data, so not with every checkout. Without it these tests skip.
"""
