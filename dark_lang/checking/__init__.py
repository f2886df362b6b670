"""What can be known of a program without running it: types, marks, and what code may do to the world outside."""
