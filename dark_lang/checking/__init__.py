"""Types, inferred: every node has one, and what does not fit is a mark."""
