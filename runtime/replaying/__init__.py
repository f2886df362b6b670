"""Runs what was recorded, or made up, through code that may be another by now, and says what came of it.

`rerunning` runs one trace where nothing gets out, `watching_nodes` shows what each node came to, `comparing` tells two
outcomes apart, `campaigns` goes through many, `test_making` writes one down as a test. Must not know commands.
"""
