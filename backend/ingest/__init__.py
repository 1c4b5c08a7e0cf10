"""Publishers' feeds in: fetched behind a guard, parsed, dated, cleaned, identified, scheduled."""
