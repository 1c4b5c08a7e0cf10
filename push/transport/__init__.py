"""The wire to FCM: payloads, HTTP/2, and the meaning of each answer."""
