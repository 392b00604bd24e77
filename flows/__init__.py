"""When things happen: Prefect flows, their workspaces, and the command line."""
