"""The live page: a microphone, a recording or a file, analysed by one stream."""
