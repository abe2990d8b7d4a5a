"""The board's pure heart: events in, items and registers out. No I/O, no clock, no storage.

event       one signed event: make, read
kinds       typed bodies, one class for each kind
graph       the events of one place: what is ready, how deep, what is missing, whom a new one stands on
authors     running numbers: gaps, doubles, reach-back
history     epochs, rosters and cuts: which events count
item        the fold of one item
registers   the folds of the people and the settings
taxonomy    category codes
"""
