"""The group session: how bytes move a group on this device, step by step, over the vault and without any network.

outbox      waiting events become finished blobs
inbox       a page of blobs becomes events, or the next epoch
commits     wishes become a staged commit, and what follows when any commit stands
steps       the above as short transactions, for sync to put around the relay's calls
"""
