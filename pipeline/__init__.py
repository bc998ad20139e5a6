"""Recordings into the store: datasets, decoding, views, the build."""
