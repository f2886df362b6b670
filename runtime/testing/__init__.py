"""Tests that stand in the canvas: which there are, what runs them, what came of it.

`benches` is the world of one test, `running` runs one under every side of the switches on its path, `reaching` says
which tests an edit can affect, `background` runs those beside a server, `junit` writes for other tools. Must not know
commands.
"""
