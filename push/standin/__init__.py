"""A strict stand-in for FCM's HTTP v1 API: no emulator exists, and alerts want trying out."""
