"""What people read, in Chinese and in English: the log and letters. Pure."""
