"""The drop-in `rvcsi` command: the reference's subcommands, texts and exit codes."""
