"""The load rig: ``python -m bench`` measures this server, nginx, LiteLLM and bare baselines in one run."""
