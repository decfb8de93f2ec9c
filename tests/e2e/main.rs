//! The built program against real OpenCode servers.
