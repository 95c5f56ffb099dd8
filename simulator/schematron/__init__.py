"""Official Schematron as a second opinion, through SaxonC in processes of its own.

An extra: ``pip install aife-sim[schematron]``. Nothing here is needed to judge a flow.
`opinion.opinions` asks; `process`, `opinion`, `sources`, `folder` and `checking` load no XML parser,
which is for `worker` and what it imports.
"""
