"""What serves traffic does not change under it: which code that is, and which edits it stands in the way of.

`regions` says what of a definition runs for whom, `uses` which definitions are in use on this host, `judging` which
edits would change one, `holding` what a server does with edits that arrive as files. Must not know commands.
"""
