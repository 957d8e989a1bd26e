"""The command line: one file per group of commands, imports inside them so that help answers at once."""
