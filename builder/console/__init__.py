"""The pages for people: what is enabled, what is wrong and where, what a form will look like.

They are written here, on the server, and can be read without JavaScript; a little script of ours keeps them up to date.
Nothing in them comes from elsewhere. This room is above the API: it shows what that tells, by the same guards.
"""
