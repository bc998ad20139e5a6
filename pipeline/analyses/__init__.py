"""From views to results: what a build computes of each view of a dataset, and of all views together.

A *unit* is one view over one dataset. ``recipe`` says what belongs to it and by which key it is known,
``unit`` computes one, ``stage`` finds those that are missing or out of date and writes them, ``keep``
adds what a person has tried on a page and keeps.
"""
