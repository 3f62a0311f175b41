"""The published contract: the JSON schemas and the OpenAPI description, and what they say of data.

The one room that knows jsonschema, but for the sandbox, which knows no other room.
"""
