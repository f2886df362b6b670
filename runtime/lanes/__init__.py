"""Where a request runs so that the others keep their pace: in the event loop, in a process of its own, in a thread."""
