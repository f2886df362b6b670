"""Looks for inputs that break a function or a handler, or that two sides of a switch answer differently.

`drawing` makes values of static types, `searching` looks and shrinks, `telling` writes what it found as a test. Built
on Hypothesis, which is imported when somebody looks. Must not know commands.
"""
