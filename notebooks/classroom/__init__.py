"""What a teacher prepares: a pack that installs without a network, and slides."""
