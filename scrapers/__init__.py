"""Where data enters: one file per source."""
