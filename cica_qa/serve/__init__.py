"""The server: REST, OpenAI-compatible routes, MCP tools and the chat in one process."""
