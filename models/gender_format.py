"""What a file of voice weights calls itself, and which version this program understands; to be asked without torch."""

from __future__ import annotations

KIND = "voice-ecapa-tdnn"
VERSION = 1
"""Raise it when weights of old no longer mean the same, e.g. because the front end was changed."""
