"""The composition root: builds every object of a process, once. ``root.py`` joins the parts."""
