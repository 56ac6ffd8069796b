"""What is measured: this server, and what it is compared with."""
