"""The verbs of the command line, one file each, found by folder. Each has `command`."""
