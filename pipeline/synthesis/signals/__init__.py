"""What every synthetic sound is made of: seeded chance and noise, struck bodies, the way to a recording."""
