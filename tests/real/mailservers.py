"""A domain's real mail and web servers on loopback: Postfix, and nginx with MTA-STS policies."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from pipeline import bench

from ..authority import PEM, Leaf

NEEDED = ("postfix", "postconf", "nginx")
PACKAGES = "postfix nginx-light"
STARTING_S = 30.0
POLICY = "/.well-known/mta-sts.txt"  # RFC 8461 §3.3


def own_address(network: int) -> str:
    """An address of 127.<network>.0.0/16 that no other running process takes."""
    return f"127.{network}.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"


def pem(leaf: Leaf) -> bytes:
    """The key, then the certificates in the order in which they are shown."""
    private = leaf.key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    shown = [x509.load_der_x509_certificate(der).public_bytes(PEM) for der in leaf.chain]
    return private + b"".join(shown)


def write_secret(path: Path, leaf: Leaf) -> Path:
    """A key and its certificates in a file that only its owner reads."""
    path.touch(0o600)
    path.write_bytes(pem(leaf))
    return path


@contextmanager
def running(command: Sequence[str], address: str, port: int, log: Path) -> Iterator[None]:
    """A server in the foreground, from when it accepts connections until the context ends.

    Raises RuntimeError if it does not, with the end of its log.
    """
    with log.open("ab") as said, subprocess.Popen(command, stdout=said, stderr=said) as server:
        try:
            deadline = time.monotonic() + STARTING_S
            while not accepts(address, port):
                if server.poll() is not None or time.monotonic() > deadline:
                    end = log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{command[0]} does not accept at {address}:{port}: {end}")
            yield
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def accepts(address: str, port: int) -> bool:
    """Does somebody listen? Waits a moment where nobody is there yet."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        time.sleep(0.02)
        return False


# --- Postfix -------------------------------------------------------------------------------------

# Nothing of it leads out of the folder: no system log, no name server, no maps, no mail.
MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_protocols = ipv4
inet_interfaces = loopback-only
mynetworks = 127.0.0.0/8
myhostname = {name}
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_recipient_restrictions = reject
"""
# service type private unpriv chroot wakeup maxproc command
MASTER_CF = """
{encrypted}:{port} inet n - n - - smtpd
    -o smtpd_tls_security_level=may -o smtpd_tls_chain_files={shown}
{plain}:{port} inet n - n - - smtpd
    -o smtpd_tls_security_level=none
tlsmgr unix - - n - 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
postlog unix-dgram n - n - 1 postlogd
"""


@contextmanager
def postfix(name: str, encrypted: str, plain: str, port: int, leaf: Leaf) -> Iterator[None]:
    """Postfix at two addresses while the context lasts: one has STARTTLS, the other has not.

    name: what it calls itself. leaf: what it shows. It takes no mail. Needs root.

    Its processes run as the package's user, who has to reach the folder: so that is not one of
    pytest's, which are closed to others. `master` is what `postfix start-fg` runs in the end, but
    for a shell that would not hand on the signal to stop.
    """
    with tempfile.TemporaryDirectory(prefix="postfix-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        shown = write_secret(folder / "shown.pem", leaf)
        (folder / "main.cf").write_text(MAIN_CF.format(folder=folder, name=name))
        os.utime(folder / "main.cf", (0, 0))  # a new one is waited for: somebody may still write it
        (folder / "master.cf").write_text(
            MASTER_CF.format(encrypted=encrypted, plain=plain, port=port, shown=shown)
        )
        (folder / "queue/pid").mkdir(parents=True)
        for owned in ("queue/private", "queue/public", "data"):
            (folder / owned).mkdir(0o700)
            shutil.chown(folder / owned, user=setting("mail_owner"))
        master = f"{setting('daemon_directory')}/master"
        log = folder / "mail.log"
        with running([master, "-c", str(folder)], encrypted, port, log):
            yield


def setting(name: str) -> str:
    """One setting as Postfix was built with it."""
    command = [bench.program("postconf"), "-d", "-h", name]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


# --- nginx ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    """One policy host. policy: the text that it serves; moved_to: where it redirects instead."""

    host: str
    leaf: Leaf
    policy: str = ""
    moved_to: str = ""


NGINX = """
daemon off;
user root; # the folder is closed to others
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 100; }}
http {{
 access_log off;
 types {{ text/plain txt; }}
 client_body_temp_path {folder}/body;
 proxy_temp_path {folder}/proxy;
 fastcgi_temp_path {folder}/fastcgi;
 uwsgi_temp_path {folder}/uwsgi;
 scgi_temp_path {folder}/scgi;
{servers}}}
"""
SERVER = """ server {{
  listen {address}:{port} ssl;
  server_name {host};
  ssl_certificate {shown};
  ssl_certificate_key {shown};
  {what}
 }}
"""


@contextmanager
def nginx(folder: Path, address: str, port: int, sites: Sequence[Site]) -> Iterator[None]:
    """nginx serves the sites while the context lasts; who asks for another gets the first.

    Its files lie in the folder.
    """
    servers = ""
    for site in sites:
        home = folder / site.host
        what = f"location = {POLICY} {{ return 301 {site.moved_to}; }}"
        if not site.moved_to:
            what = f"root {home};"
            (home / POLICY[1:]).parent.mkdir(parents=True)
            (home / POLICY[1:]).write_text(site.policy, newline="")
        servers += SERVER.format(
            address=address,
            port=port,
            host=site.host,
            shown=write_secret(folder / f"{site.host}.pem", site.leaf),
            what=what,
        )
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, servers=servers))
    log = folder / "nginx.log"
    command = [bench.program("nginx"), "-c", str(config), "-p", str(folder), "-e", str(log)]
    with running(command, address, port, log):
        yield
