"""The composition root: every object of a process, built once. ``root.py`` joins the parts; each reads downwards."""
