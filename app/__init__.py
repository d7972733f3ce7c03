"""The faces: command line, HTML pages and the explorer."""
