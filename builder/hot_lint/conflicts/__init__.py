"""Properties that are valid one by one, and that Heat, Nova, Neutron or Cinder refuses together.

Only values that are written out are judged, and those that cannot be null, such as a reference to a resource. The rules
are those of the ``validate`` methods in ``heat.engine.resources.openstack``, checked against a real Heat and Neutron.
"""
