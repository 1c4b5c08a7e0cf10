"""`tagwire links`: explain, diff, generate, import, doctor; and `tagwire app`: config."""

import csv
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click
from flask.cli import AppGroup

from backend.core.chunks import chunks
from backend.core.db import db
from backend.core.settings import SettingsError
from backend.core.whole_file import whole_file
from backend.http.cli_base import need_tables
from backend.http.context import current_context
from backend.http.progress import progress
from backend.outbound.fetch import FetchPolicy
from deeplinks.routing.context import link_context
from deeplinks.routing.resolve import ForeignUrl
from deeplinks.routing.routes import SHORT_LINK
from deeplinks.routing.settings import LinkSettings, parse
from deeplinks.short_links import service
from deeplinks.short_links.link import ImportedLink
from deeplinks.tools import diff, page_urls
from deeplinks.tools.app_config import expo_config
from deeplinks.tools.codegen import LANGUAGES, Language, Names, Unwritable, source_code
from deeplinks.tools.doctor import Doctor, VerifierUrls
from deeplinks.tools.explain import Explainer, Explanation, Verdict
from deeplinks.tools.takeout import FORMS, BadTakeout, Columns, SkippedLink, read_links

links = AppGroup("links", help="What opens where, and whether the platforms know it.")
app = AppGroup("app", help="What the app's own project is told.")

BATCH = 500
VERIFIER_URLS = VerifierUrls()
TOML = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


@links.command("explain")
@click.argument("url")
def explain(url: str) -> None:
    """Say what URL opens on each platform, and the rule that decides.

    Example: tagwire links explain https://news.example/tag/Storm
    """
    try:
        found = Explainer(link_context().settings).explain(url)
    except ForeignUrl as error:
        raise click.ClickException(f"{url}: {error}.") from error
    for line in _explained(link_context().settings, found):
        click.echo(line)
    if not found.agree:
        raise click.ClickException(
            "The platforms disagree with the server about this address: mend its route in app.toml."
        )


@links.command("diff")
@click.argument("old", type=TOML, metavar="OLD_APP_TOML")
@click.argument("new", type=TOML, metavar="NEW_APP_TOML")
@click.option("--show", default=20, show_default=True, help="Addresses shown of each kind.")
@click.option("--check", is_flag=True, help="Exit with 1 when any address loses the app.")
def compare(old: Path, new: Path, show: int, check: bool) -> None:
    """Say which known addresses behave otherwise under NEW_APP_TOML.

    Known are the pages of every article, tag, source and category in the database, and
    addresses made from the rules of both files.

    Example: tagwire links diff app.toml new.toml
    """
    before, after = _settings_of(old), _settings_of(new)
    total = 0
    by_kind: dict[str, list[diff.Change]] = {}
    urls = _site_urls(before, after)
    for change in diff.changes(before, after, urls):
        by_kind.setdefault(change.kind, []).append(change)
        total += 1
    for kind, found in sorted(by_kind.items()):
        click.echo(f"{len(found):,} addresses: {kind}")
        for change in found[:show]:
            click.echo(f"  {change.url}\n    {_behaviour(change)}")
    click.echo(f"{total:,} known addresses change behaviour.")
    if check and "loses the app" in by_kind:
        raise SystemExit(1)


@links.command("generate")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), required=True)
@click.option("--package", default="tagwire.links", show_default=True, help="Kotlin's package.")
@click.option(
    "--module", default="Routes", show_default=True, help="The object's name in Kotlin and Swift."
)
@click.option("--output", type=FILE, help="Write it here.")
def generate(language: str, package: str, module: str, output: Path | None) -> None:
    """Write the route table as typed source code for the app.

    Example: tagwire links generate --lang kotlin --output Routes.kt
    """
    try:
        names = Names(package=package, module=module)
        text = source_code(link_context().settings, cast(Language, language), names)
    except Unwritable as error:
        raise click.ClickException(f"{error}.") from error
    _write(text, output)


@app.command("config")
@click.option("--output", type=FILE, help="Write it here.")
def app_config(output: Path | None) -> None:
    """Write the name, ids, scheme, domains and intent filters of app.toml for Expo's app.json.

    Example: tagwire app config --output tagwire.json
    """
    found = expo_config(link_context().settings)
    _write(json.dumps(found, indent=2, ensure_ascii=False) + "\n", output)


@links.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "form", type=click.Choice([*FORMS]), default="firebase", show_default=True)
@click.option("--host", help="The host of codes that stand alone, without an address.")
@click.option("--dry-run", is_flag=True, help="Say what would be kept alive, and write nothing.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="What cannot be.")
@click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
def import_file(
    file: Path, form: str, host: str | None, *, dry_run: bool, report: Path | None, as_json: bool
) -> None:
    """Keep the short links of FILE alive: Google Takeout's CSV, Branch's, or one of your own.

    Their hosts must be in links.legacy_hosts of app.toml and lead here now (docs/moving.md). The
    exit code is 1 when links cannot be kept alive.

    Example: tagwire links import --from branch --dry-run links.csv
    """
    need_tables()
    kept, skipped = _read_links(file, FORMS[form], host)
    new = service.count_new(db.session(), kept) if dry_run else _imported(kept)
    _report(report, skipped)
    counts = {"imported": new, "already_here": len(kept) - new, "refused": len(skipped)}
    told = json.dumps({"dry_run": dry_run, **counts}) if as_json else _sum(counts, dry_run=dry_run)
    click.echo(told)
    raise SystemExit(1 if skipped else 0)


def _sum(counts: Mapping[str, int], *, dry_run: bool) -> str:
    verb = "would be imported" if dry_run else "imported"
    new, old, lost = (f"{counts[name]:,}" for name in ("imported", "already_here", "refused"))
    return f"{new} {verb}, {old} already here, {lost} cannot be kept alive."


def _imported(kept: Sequence[ImportedLink]) -> int:
    new = 0
    with progress("Importing", len(kept), many=BATCH) as step:
        for part in chunks(kept, BATCH):
            new += service.import_links(part, now=current_context().now())
            step(len(part), len(kept))
    return new


def _report(path: Path | None, skipped: Sequence[SkippedLink]) -> None:
    """Say what is skipped, or write it into a CSV."""
    if path is None:
        for link in skipped:
            click.echo(
                f"line {link.line}: {link.short or 'no short link'}: {link.reason}", err=True
            )
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = ((link.line, link.short, link.reason) for link in skipped)
        csv.writer(file).writerows([("line", "link", "reason"), *rows])


@links.command("doctor")
@click.option(
    "--origin", default=VERIFIER_URLS.origin, show_default=True, help="Where our hosts are."
)
@click.option("--apple-cdn", default=VERIFIER_URLS.apple, show_default=True, help="Apple's copies.")
@click.option(
    "--google-api", default=VERIFIER_URLS.google, show_default=True, help="Google's view."
)
@click.option("--ca-file", type=click.Path(exists=True, dir_okay=False), help="Trust these too.")
@click.option("--timeout", default=10.0, show_default=True, help="Seconds for each request.")
def doctor(
    origin: str, apple_cdn: str, google_api: str, ca_file: str | None, timeout: float
) -> None:
    """Ask every host for its association files as Apple's and Google's verifiers do.

    Exits with 1 when anything is wrong, and says what to do about it.

    Example: tagwire links doctor --origin https://news.example
    """
    policy = FetchPolicy(
        allow_networks=current_context().settings.fetch_allow_networks,
        deadline_s=timeout,
        agent="Tagwire/1.0 (link doctor)",
        ca_file=ca_file,
    )
    found = []
    for finding in Doctor(
        link_context(), VerifierUrls(origin, apple_cdn, google_api), policy
    ).findings():
        found.append(finding)
        click.echo(f"{finding.level:<5} {finding.subject}: {finding.text}")
        if finding.remedy:
            click.echo(f"      {finding.remedy}")
    wrong = sum(finding.level == "wrong" for finding in found)
    if wrong:
        raise click.ClickException(f"{wrong} of {len(found)} checks failed.")


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    with whole_file(output) as draft:
        draft.write_text(text, encoding="utf-8")


def _read_links(
    file: Path, form: Columns, host: str | None
) -> tuple[list[ImportedLink], list[SkippedLink]]:
    kept: list[ImportedLink] = []
    skipped: list[SkippedLink] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for row in read_links(link_context().settings, lines, form, host):
                if isinstance(row, SkippedLink):
                    skipped.append(row)
                else:
                    kept.append(row)
    except (BadTakeout, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}.") from error
    return kept, skipped


def _explained(settings: LinkSettings, found: Explanation) -> Iterator[str]:
    resolution, route = found.resolution, found.route
    params = " ".join(f"{name}={value}" for name, value in resolution.screen.params.items())
    if route and route.screen == SHORT_LINK and not found.stays:
        yield f"server   the screen that the short link leads to  (route {route.path})"
    else:
        rule = f"route {route.path}" if route and resolution.matched else "no route"
        yield f"server   screen {resolution.screen.name} {params}".rstrip() + f"  ({rule})"
        yield f"         web {resolution.web_url}  app {resolution.app_url}"
    yield f"         {'stays on the web: ' + found.stays if found.stays else 'opens the app'}"
    yield f"apple    {_said(found.apple, bool(settings.ios.app_ids), 'app.ios.app_ids')}"
    yield f"android  {_said(found.android, bool(settings.android.package), 'app.android')}"


def _said(verdict: Verdict, is_configured: bool, key: str) -> str:
    does = "opens the app" if verdict.opens else "stays on the web"
    rule = f"rule {verdict.rule} {_compact(verdict.text)}" if verdict.text else "no rule matches"
    return f"{does}: {rule}" + ("" if is_configured else f"  (once {key} is configured)")


def _compact(rule: Mapping[str, Any]) -> str:
    return json.dumps(rule, ensure_ascii=False, separators=(",", ":"))


def _settings_of(path: Path) -> LinkSettings:
    """Read another app.toml under this installation's PUBLIC_URL."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return parse(replace(current_context().settings, app_document=document))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path}: this is not TOML: {error}.") from error
    except SettingsError as error:
        raise click.ClickException(f"{path}: {str(error).removeprefix('APP_CONFIG: ')}.") from error


def _site_urls(before: LinkSettings, after: LinkSettings) -> Iterator[str]:
    session = db.session()
    count = page_urls.count_pages(session)
    base = f"https://{before.hosts[0]}"
    with progress("Comparing", count) as step:
        for path in page_urls.page_paths(session):
            yield base + path
            step(1, count)
    yield from diff.sample_urls(before, after)


def _behaviour(change: diff.Change) -> str:
    return f"{_described(change.before)}  ->  {_described(change.after)}"


def _described(behaviour: diff.Behaviour) -> str:
    if behaviour.screen is None:
        return "another site's"
    params = ",".join(f"{name}={value}" for name, value in behaviour.params.items())
    opens = [name for name, does in _platforms(behaviour) if does]
    return f"{behaviour.screen}({params}) on {' and '.join(opens) or 'the web only'}"


def _platforms(behaviour: diff.Behaviour) -> Iterator[tuple[str, bool]]:
    yield "iOS", behaviour.ios
    yield "Android", behaviour.android


COMMANDS: tuple[click.Command, ...] = (links, app)
