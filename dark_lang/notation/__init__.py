"""The notation: how a tree is written in a shell argument and printed, and how a place in it is named.

`reading` and `printing` are the doors; `addresses` names places. Must not know a canvas or the library: names are
resolved by whatever `Naming` is passed in. Invariants: every text gives a tree, every tree a text; printing and then
reading gives the same tree, ids aside, with nothing repaired; nothing here recurses deeper than brackets may nest.
"""
