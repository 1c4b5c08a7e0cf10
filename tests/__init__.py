import gc

# At the usual 700 a third of the imports went to it, and a sixth of tests, with an app for each.
gc.set_threshold(50_000)
