"""What is concluded from windows, one file a conclusion; none knows its siblings."""
