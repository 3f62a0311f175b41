"""Read by the Python of each service of the test cloud as it starts.

Heat keeps the connections that it makes to the other services until they are closed there, after two minutes of
silence. Waitress, which serves them all, accepts a hundred at a time: a suite that makes stacks for ten minutes soon
had Neutron accept none for a minute, which is as long as Heat waits for a reply to its own messages. Heat then gave up
on the stack that was being made, and left some that nothing could delete.
"""

from __future__ import annotations

try:
    from waitress.adjustments import Adjustments
except ImportError:  # not installed yet: this is pip
    pass
else:
    Adjustments.connection_limit = 2000
    Adjustments.asyncore_use_poll = True  # select() bears no descriptor above 1,023
