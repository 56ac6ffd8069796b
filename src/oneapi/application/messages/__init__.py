"""Mail and push messages to users and to the operator."""
