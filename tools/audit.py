"""Known vulnerabilities of the locked packages, by pip-audit; plain words where it cannot know.

A hole that is found fails. A machine that reaches package registries alone has no list of holes:
then this says that nothing was measured, and does not fail.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = "requirements.txt"
# Without a resolver: the lock file says it all.
OPTIONS = ("--disable-pip", "--no-deps", "--require-hashes", "--progress-spinner=off", "-f=json")
LASTS_S = 120


def main(program: str) -> int:
    words = [program, *OPTIONS, "-r", LOCK]
    try:
        done = subprocess.run(  # noqa: S603 - the program that make names
            words, capture_output=True, text=True, timeout=LASTS_S
        )
    except subprocess.TimeoutExpired:
        return _say(1, None)
    return _say(done.returncode, _document(done.stdout))


def verdict(code: int, found: dict[str, Any] | None) -> tuple[int, list[str]]:
    """Turn pip-audit's exit code and answer into our exit code and what to print."""
    packages = (found or {}).get("dependencies", [])
    known = [each for each in packages if "vulns" in each]
    holes = [(each, hole) for each in known for hole in each["vulns"]]
    if holes:
        lines = [
            f"{each['name']} {each['version']}: {hole['id']}, mended in"
            f" {', '.join(hole['fix_versions']) or 'no version yet'}"
            for each, hole in holes
        ]
        return 1, lines
    if not known:
        return 0, ["NOT MEASURED: no list of vulnerabilities can be reached from here."]
    if len(known) < len(packages):
        return 0, [f"No known hole in {len(known)} packages; {len(packages) - len(known)} unknown."]
    return code, [f"No known hole in {len(known)} packages."]


def _document(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _say(code: int, found: dict[str, Any] | None) -> int:
    code, lines = verdict(code, found)
    sys.stdout.write("\n".join([*lines, ""]))
    return code


if __name__ == "__main__":
    raise SystemExit(main(str(Path(sys.argv[1]))))
