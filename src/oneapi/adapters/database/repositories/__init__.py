"""The application's storage ports, one file for each."""
