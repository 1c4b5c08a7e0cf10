"""Left to `make app`, which installs what these tests need and runs them in one process."""

import os

collect_ignore = [] if os.environ.get("SAMPLE_APP") == "1" else ["test_sample_app.py"]
