"""The facets of the plan that stand at names of their own, a table each."""
