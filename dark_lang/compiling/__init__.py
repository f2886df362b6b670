"""Trees to Python code objects. What others need stands in `compiled`, `translating` and `support`."""
