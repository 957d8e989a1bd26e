"""The parts of verify.py, which checks an audit extract and shares no code with the program that made it (spec 6).

Each part imports the standard library and parts before it, and nothing of ours: verifier_file.py writes them into one
file. A table that is added to the extract gets one function and one entry of TABLES in tables.py, or a part of its own
that adds to TABLES and stands in verifier_file.PARTS.
"""
