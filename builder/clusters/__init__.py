"""A cluster that is asked for: the answers in a form, the plan they make, and the names it gets. Reaches no cloud."""
