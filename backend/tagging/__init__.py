"""Entity tagging (gazetteer, pairs, salience) and near-duplicate stories (sketches)."""
