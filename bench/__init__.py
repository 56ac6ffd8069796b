"""The load rig: ``python -m bench`` measures this server beside nginx, LiteLLM and bare base lines, in one run."""
