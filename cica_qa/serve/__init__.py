"""The server: REST, OpenAI-compatible routes, MCP and the web chat in one process."""
