"""One run of an agency from begin to end: the only room that calls the others; ids, counts and paths cross it."""
