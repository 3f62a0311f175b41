"""Credits and orders: a saga over the billing service ("middleware") of a Concertim site and the cloud of a build.

An order exists before its stack, names it before it exists, and the stack names its order: whatever dies in between,
each can be found from the other. ``terms`` reads what a request says of billing; ``saga`` decides what is done next,
and does nothing; ``execution`` does it, by what a kind hands in and by ``middleware``, the HTTP client, whose answers
``responses`` reads. ``orders`` is what the rest of the program works with.
"""
