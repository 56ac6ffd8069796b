"""The storage ports of the application, one module for each."""
