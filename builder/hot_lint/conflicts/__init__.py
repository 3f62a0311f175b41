"""Properties that each are right by themselves, and together are refused: by Heat's own types, or by what they ask.

Judged is what is written out, and what cannot be null, such as a reference to a resource. Which type refuses what is
read in Heat's ``validate`` methods (``heat.engine.resources.openstack``), and was seen of a real Heat and Neutron.
"""
