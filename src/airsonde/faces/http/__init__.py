"""The agent over HTTP and WebSocket; docs/reference/api.md is what it promises."""
