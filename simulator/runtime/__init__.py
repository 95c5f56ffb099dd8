"""The node at work: engine thread, lanes, judging processes, readers of the journal."""
