"""The live page: a microphone, a recording or a file, heard by one stream."""
