"""What members send: RFC 9420, chapters 6 and 10, sections 12.1, 12.4 and 12.4.3.

    envelope        MLSMessage, and what can be read without keys     6
    welcome         GroupInfo, GroupSecrets, Welcome                  12.4.3
    protection      the public and the private framing                6.2, 6.3
    framing         who says what in which epoch, signed              6, 6.1
    proposal        proposals and commits                             12.1, 12.4
    key_package     key packages                                      10

Each file imports only from those below it.
"""
