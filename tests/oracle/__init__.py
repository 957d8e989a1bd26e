"""A second, independent answer: the specification in plain Python, one child at a time, for the tests to compare with.

It was written from the specification alone: it reads the law files and the checked tables by itself and knows nothing
of the core's SQL. It is slow and meant to be read. Where the specification is silent it takes the reading that hides no
child.
"""
