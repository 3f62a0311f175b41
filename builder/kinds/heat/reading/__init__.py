"""What a definition of this kind says: its templates, their components, and the parameters that they declare.

Pure, as :mod:`builder.definitions` is: text in, values and problems out.
"""
