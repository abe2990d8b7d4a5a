"""What people wrote, in any script: comparing it and finding what must not stand in it. No I/O, no clock, no board."""
