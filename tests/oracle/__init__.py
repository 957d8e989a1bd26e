"""A second, independent answer: the specification in plain Python, one child at a time, for the tests to compare with.

It was written from the specification and docs/readings.md alone. It is slow and meant to be read.
"""
