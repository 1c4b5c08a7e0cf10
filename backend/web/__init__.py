"""The public pages: what a visitor, a feed reader and a search engine see."""
