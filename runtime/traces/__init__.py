"""Traffic, recorded: what came in, what the run read from outside and did there, how it decided, what came of it.

From the request to the file, in the order of the work: `watching_world` notes what a run reads and does, `sampling`
says which runs are kept, `recorder` takes them and writes them in a thread of its own, `sealing` takes credentials out
before they reach the disk, `files` is the file that they are in, `retention` keeps it small, `asking` answers questions
about it. Must not know commands, nor how a trace is shown.
"""
