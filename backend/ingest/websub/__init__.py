"""WebSub: hubs that push feeds to us; subscriptions and their leases, callbacks, discovery."""
