"""A group and its life: RFC 9420, chapters 11, 12 and 14.

    resume          begin a group that continues another one          11.2, 11.3
    group           Group: the one door
    committing      a commit of ours, from wishes to proposals        12.2, 8.4
    receiving       what comes in                                     6, 12.1, 15.3
    origin          the group that another one continues              11.2, 11.3
    sending         what we send                                      6.1 to 6.3
    state, saved    what moves, and the parts it is saved in          9.2, 14
    external        acting from outside                               12.1.8, 12.4.3.2
    join            joining by a Welcome                              12.4.3.1
    founding        a new group                                       11
    selection       which waiting proposals a commit covers           12.2
    pending         the proposals that wait                           12.4
    commit          commits, created and processed                    12.4.1, 12.4.2
    staged          a commit that is not merged yet                   14
    evolution       a list of proposals applied                       12.3
    epoch           one epoch as a value                              8
    opening         whose message is it, and does it verify           6.1 to 6.3
    validation      one rule, one check, one name                     7.3, 10.1, 12.1, 12.2, 12.4
    limits, results

Each file imports only from those below it.
"""
