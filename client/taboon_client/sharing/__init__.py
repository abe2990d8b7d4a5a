"""Giving a board away on purpose: as a text to paste, a table, JSON, or a sheet of paper. Items in, text out.

    lists       what is needed, for a messenger: nobody can be found by it
    tables      every public field, for spreadsheets and other programs
    paper       an intake sheet to fill in by hand, and how its rows are read back

Sealed details, names of members and what they said are in none of it.
"""
