"""Property tests never judge by the clock: a slow machine is no bug."""

from hypothesis import settings

settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")
