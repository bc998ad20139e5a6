"""The voice network: its card, its view of speech, and what it told of speakers that it had not met. No torch here."""
