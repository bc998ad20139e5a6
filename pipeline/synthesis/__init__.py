"""Sounds and voices made from physics and seeded chance: the recordings of the two demo corpora."""
