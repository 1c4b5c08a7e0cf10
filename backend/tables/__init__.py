"""Every mapped class (SQLAlchemy), one file a subject."""
