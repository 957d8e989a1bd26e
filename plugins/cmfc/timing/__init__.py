"""The meaning of a time: text becomes the earliest and the latest instant that it can mean (spec 2.1)."""
