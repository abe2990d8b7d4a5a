"""Ways to look at a board: choosing, searching, matching, finding doubles, counting, drawing. Items in, values out.

    filters     which items, in which order; what a saved view holds
    search      items that speak of something
    matching    offers for a need, needs for a person, and why
    similar     items that look like the one about to be posted
    numbers     totals that name nobody
    picture     totals as SVG
    wording     what reasons and totals say, in English and Arabic

No I/O, no clock, no storage: times are handed in.
"""
