"""A checkout's own DVC settings (cache, remotes, credentials), made fit for a clone of it."""

import re
import subprocess
from configparser import ConfigParser
from pathlib import Path

from flows.environment import child_environment, tool

CACHE = "checkout-cache"
"""A checkout's cache, as a remote for clones of it that have a cache of their own."""


def cache_folder(home: Path) -> Path:
    """The DVC cache of a checkout.

    Raises:
        RuntimeError: DVC does not work there; the message is its own.
    """
    done = subprocess.run(
        [tool("dvc"), "cache", "dir"], cwd=home, env=child_environment(home), capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"`dvc cache dir` failed in {home}: {done.stderr.strip()}")
    return (home / done.stdout.strip()).resolve()


def for_a_clone(home: Path, cache: Path | None = None) -> ConfigParser:
    """The settings of `home` for a clone: remotes in relative folders stay where they are, and the cache is shared.

    Args:
        home: the checkout.
        cache: a cache folder for the clone instead of the checkout's.
    """
    shared, config = _read(home / ".dvc" / "config"), _read(home / ".dvc" / "config.local")
    for name in filter(_is_remote, shared.sections()):
        if not config.has_option(name, "url"):
            set_option(config, name, "url", shared.get(name, "url", fallback=""))
    for name in filter(_is_remote, config.sections()):
        url = config.get(name, "url", fallback="").strip("\"'")
        if url and not re.match(r"[a-z0-9]+://", url):
            config[name]["url"] = str((home / ".dvc" / url).resolve())
    ours = cache_folder(home)
    set_option(config, "cache", "dir", str(cache or ours))
    if not config.has_option("cache", "type"):
        set_option(config, "cache", "type", "reflink,hardlink,copy")
    set_option(config, remote(CACHE), "url", str(ours))
    return config


def set_option(config: ConfigParser, section: str, option: str, value: str) -> None:
    """Set one option, its section made if need be."""
    if not config.has_section(section):
        config.add_section(section)
    config[section][option] = value


def write(root: Path, config: ConfigParser) -> None:
    """Make `config` the settings of a clone alone; no commit carries them."""
    with (root / ".dvc" / "config.local").open("w", encoding="utf-8") as file:
        config.write(file)


def remote(name: str) -> str:
    """The section of a remote, in DVC's way of writing it."""
    return f"'remote \"{name}\"'"


def _is_remote(section: str) -> bool:
    return section.startswith("'remote ")


def _read(file: Path) -> ConfigParser:
    config = ConfigParser(interpolation=None)
    config.read(file, encoding="utf-8")
    return config
